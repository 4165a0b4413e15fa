// SPDX-License-Identifier: Apache-2.0
// What a process holds, as text for pipes: totals, then the top as DisplayTop printed it.
#pragma once

#include <string>
#include <vector>

#include "userspace/view/live/process_track.h"
#include "userspace/view/live/view_choice.h"
#include "userspace/view/top_text.h"

namespace tmbpf {

// Without newlines; safe for a terminal. The totals take `width` columns. The track must not be
// empty. `source`: for tracebacks.
std::vector<std::string> plain_table(ProcessTrack& track, const ViewChoice& choice,
                                     const TopStyle& style, std::size_t width,
                                     const SourceReader& source);

}  // namespace tmbpf
