// SPDX-License-Identifier: Apache-2.0
#include "util/log.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>

namespace tmbpf {
namespace {

std::atomic<LogLevel>& threshold() {
  static std::atomic<LogLevel> level{LogLevel::info};
  return level;
}

std::string_view prefix(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug: ";
    case LogLevel::warning:
      return "warning: ";
    case LogLevel::error:
      return "error: ";
    case LogLevel::info:
      break;
  }
  return "";
}

}  // namespace

void set_log_level(LogLevel level) { threshold() = level; }

void log_message(LogLevel level, std::string_view message) {
  if (level >= threshold().load()) {
    fmt::print(stderr, "tmbpf: {}{}\n", prefix(level), message);
  }
}

}  // namespace tmbpf
