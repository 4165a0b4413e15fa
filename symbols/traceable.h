// SPDX-License-Identifier: Apache-2.0
// Whether a target can be traced, as far as it depends on the target.
#pragma once

#include "symbols/python_target.h"

namespace tmbpf {

// Throws Error (target) with the reason why not: an interpreter with a GIL of its own, another
// allocator in use, a check of the probe plan that failed. `freelists`: the checks that following
// free lists needs count, too.
void require_traceable(const PythonTarget& target, bool freelists);

}  // namespace tmbpf
