// SPDX-License-Identifier: Apache-2.0
// Addresses on the command line.
#pragma once

#include <cstdint>
#include <string_view>

namespace tmbpf {

// As Python prints it: hex(id(x)), or id(x). Throws Error (usage) for what is neither.
std::uint64_t parse_address(std::string_view text);

}  // namespace tmbpf
