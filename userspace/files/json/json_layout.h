// SPDX-License-Identifier: Apache-2.0
// The words of a snapshot as JSON; what they mean: json_writer.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tmbpf {

inline constexpr std::string_view kJsonFormatName = "tmbpf-snapshot";
inline constexpr std::uint64_t kJsonFormatVersion = 1;

// In this order; "replicates" only where some trace has them.
inline constexpr std::array<std::string_view, 8> kJsonKeys{
    "format", "version",    "traceback_limit", "metadata",
    "frames", "tracebacks", "replicates",      "traces"};

inline constexpr std::string_view kJsonFormat = kJsonKeys[0];
inline constexpr std::string_view kJsonVersion = kJsonKeys[1];
inline constexpr std::string_view kJsonLimit = kJsonKeys[2];
inline constexpr std::string_view kJsonMetadata = kJsonKeys[3];
inline constexpr std::string_view kJsonFrames = kJsonKeys[4];
inline constexpr std::string_view kJsonTracebacks = kJsonKeys[5];
inline constexpr std::string_view kJsonReplicates = kJsonKeys[6];
inline constexpr std::string_view kJsonTraces = kJsonKeys[7];
// Of an object that stands for a number.
inline constexpr std::string_view kJsonReal = "real";
inline constexpr std::string_view kJsonRealForm = R"("real": "inf", "-inf" or "nan")";

}  // namespace tmbpf
