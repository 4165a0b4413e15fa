// SPDX-License-Identifier: Apache-2.0
// How many blocks of which size, as text: "16 24*3 1000*12" is one block of 16 bytes, three of 24
// and twelve of 1000.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/model/trace.h"

namespace tmbpf {

// Of traces by ascending size whose weights are whole numbers.
std::string format_sizes(std::span<const Trace> traces);

// Pairs of size and number; nothing for any other text.
std::optional<std::vector<std::pair<std::uint64_t, double>>> parse_sizes(std::string_view text);

}  // namespace tmbpf
