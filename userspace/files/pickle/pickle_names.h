// SPDX-License-Identifier: Apache-2.0
// The attributes of a pickled snapshot that reader and writer know, and how they spell names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmbpf {

// tracemalloc's own.
inline constexpr std::string_view kTracesAttribute = "traces";
inline constexpr std::string_view kTraceListAttribute = "_traces";  // of _Traces
inline constexpr std::string_view kLimitAttribute = "traceback_limit";
// Ours: see pickle_writer.h.
inline constexpr std::string_view kMetadataAttribute = "tmbpf";
inline constexpr std::string_view kFunctionsAttribute = "tmbpf_functions";
inline constexpr std::string_view kTotalsAttribute = "tmbpf_total_nframe";
inline constexpr std::string_view kDomainsAttribute = "tmbpf_domains";
inline constexpr std::string_view kWeightsAttribute = "tmbpf_weights";
inline constexpr std::string_view kTimesAttribute = "tmbpf_times";
inline constexpr std::string_view kAddressesAttribute = "tmbpf_addresses";

std::string to_hex(std::string_view bytes);
// Nothing when it is none.
std::optional<std::string> from_hex(std::string_view hex);

// Any text as part of a metadata key: all but ASCII letters, digits, '_', '-' and '.' as %XX.
std::string encoded_name(std::string_view name);
// Nothing when encoded_name() would not have written it so.
std::optional<std::string> decoded_name(std::string_view encoded);

}  // namespace tmbpf
