// SPDX-License-Identifier: Apache-2.0
// A small snapshot whose names try to break the formats that they are written in.
#pragma once

#include "userspace/model/snapshot.h"

namespace tmbpf::test {

Snapshot hostile_snapshot();

}  // namespace tmbpf::test
