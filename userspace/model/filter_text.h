// SPDX-License-Identifier: Apache-2.0
// Filters as people write them.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/model/filter.h"

namespace tmbpf {

// PATTERN[:LINE], of the most recent frame.
Filter parse_filter(std::string_view text, bool inclusive);

// Words between spaces, each PATTERN[:LINE]; one behind a `!` excludes. A pattern without any of
// * ? [ may stand anywhere in a file's name. A `!` alone says nothing.
std::vector<TraceFilter> parse_filter_words(std::string_view text, bool all_frames);

}  // namespace tmbpf
