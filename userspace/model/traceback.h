// SPDX-License-Identifier: Apache-2.0
// A view of one stored traceback.
#pragma once

#include <cstdint>
#include <span>

#include "userspace/model/ids.h"

namespace tmbpf {

// The most frames that tracemalloc keeps or counts (Python/tracemalloc.c, MAX_NFRAME).
inline constexpr std::uint32_t kMaxFrames = 65535;

// `frames` points into the table that made it: valid until the table's next add_traceback().
struct Traceback {
  std::span<const FrameId> frames;  // most recent first, never empty
  std::uint16_t total_nframe = 1;   // before truncation, capped at kMaxFrames; >= frames.size()
};

}  // namespace tmbpf
