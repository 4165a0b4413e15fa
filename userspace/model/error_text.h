// SPDX-License-Identifier: Apache-2.0
// Errors of estimates, as they stand behind a number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tmbpf {

// What a table with such texts says about them.
inline constexpr std::string_view kEstimateNote = "estimates, +- at 95 % confidence";

// " +-410 KiB"; "" for 0.
std::string size_error_text(std::uint64_t bytes);
// " +-210"; "" for 0.
std::string count_error_text(std::uint64_t blocks);

}  // namespace tmbpf
