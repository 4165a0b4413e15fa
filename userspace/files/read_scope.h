// SPDX-License-Identifier: Apache-2.0
// What a reader may leave out, since nobody will look at it.
#pragma once

#include <cstdint>

#include "userspace/model/traceback.h"

namespace tmbpf {

struct ReadScope {
  // False: where a file has blocks added up, their number and bytes in all will do, by traceback,
  // domain, time and address. The traces are then far fewer, and their sizes averages.
  bool sizes = true;
  // So many of the most recent frames of each traceback will do.
  std::uint32_t frames = kMaxFrames;
};

}  // namespace tmbpf
