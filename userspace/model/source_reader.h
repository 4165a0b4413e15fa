// SPDX-License-Identifier: Apache-2.0
// How views get the target's source text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tmbpf {

// The text of a line (from 1) of a file, named as in the snapshot (WTF-8), without its end; nothing
// when it cannot be read. Any bytes may come back.
using SourceReader =
    std::function<std::optional<std::string>(std::string_view filename, std::uint32_t lineno)>;

}  // namespace tmbpf
