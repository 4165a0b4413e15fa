// SPDX-License-Identifier: Apache-2.0
// Ids handed out by a TracebackTable: dense from 0, valid for that table only, for its lifetime.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tmbpf {

enum class StringId : std::uint32_t {};
enum class FrameId : std::uint32_t {};
enum class TracebackId : std::uint32_t {};

// The empty string, in every table: "function name not known".
inline constexpr StringId kEmptyString{0};

template <typename Id>
constexpr std::size_t to_index(Id id) {
  return static_cast<std::size_t>(id);
}

}  // namespace tmbpf
