// SPDX-License-Identifier: Apache-2.0
// A snapshot made from service.txt, a tree of frames with what was allocated in them.
#pragma once

#include <map>
#include <string>

#include "userspace/model/snapshot.h"

namespace tmbpf::test {

// Source lines by "file:line".
using Sources = std::map<std::string, std::string>;

struct ServiceSnapshots {
  Snapshot now;
  Snapshot before;
  Sources sources;
};

// With metadata as of one process, twelve hours apart. Throws std::runtime_error when the file
// cannot be read or is not as it says at its top.
ServiceSnapshots read_service(const std::string& path);

}  // namespace tmbpf::test
