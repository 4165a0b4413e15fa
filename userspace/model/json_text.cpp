// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/json_text.h"

#include <fmt/format.h>

#include <cmath>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

bool is_surrogate(char32_t code_point) { return code_point >= 0xd800 && code_point <= 0xdfff; }

}  // namespace

std::string json_string(std::string_view text) {
  std::string result = "\"";
  const std::string valid = to_wtf8(text);
  for (std::string_view rest = valid; !rest.empty();) {
    const char32_t code_point = take_code_point(rest);
    if (code_point == '"' || code_point == '\\') {
      result += '\\';
      result += static_cast<char>(code_point);
    } else if (code_point < 0x20 || code_point == 0x7f || is_surrogate(code_point)) {
      result += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code_point));
    } else {
      append_code_point(result, code_point);
    }
  }
  return result + '"';
}

std::string json_value(const MetadataValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return fmt::to_string(*integer);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return std::isfinite(*real) ? fmt::to_string(*real) : fmt::format("\"{}\"", *real);
  }
  return json_string(std::get<std::string>(value));
}

std::string json_object(const Metadata& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", json_string(key), json_value(value));
  }
  return "{" + text + "}";
}

}  // namespace tmbpf
