// SPDX-License-Identifier: Apache-2.0
// Names and frames as text for formats that have no escapes, or whose readers cannot be trusted
// with them.
#pragma once

#include <string>
#include <string_view>

#include "userspace/model/traceback_table.h"

namespace tmbpf {

// The text, WTF-8, as UTF-8 on one line: what no line can hold (control characters, U+0000 to
// U+001F and U+007F to U+009F, the line separators U+2028 and U+2029) and lone surrogates each
// become U+FFFD.
std::string one_line(std::string_view text);

// "function (file:line)", or "file:line" when the function is not known; on one line.
std::string frame_text(const Frame& frame, const TracebackTable& table);

}  // namespace tmbpf
