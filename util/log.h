// SPDX-License-Identifier: Apache-2.0
// Messages to stderr; results go to stdout and never through here.
#pragma once

#include <string_view>

namespace tmbpf {

enum class LogLevel : int { debug = 0, info = 1, warning = 2, error = 3 };

// Messages below this level are dropped. Default: info. Set once, before any thread starts.
void set_log_level(LogLevel level);
void log_message(LogLevel level, std::string_view message);

inline void log_debug(std::string_view message) { log_message(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log_message(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log_message(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log_message(LogLevel::error, message); }

}  // namespace tmbpf
