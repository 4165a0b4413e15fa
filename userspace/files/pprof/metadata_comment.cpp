// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/metadata_comment.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

constexpr std::string_view kPrefix = "tmbpf:";

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string value_text(const MetadataValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return fmt::to_string(*integer);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    std::string text = fmt::to_string(*real);
    const bool looks_like_integer = text.find_first_not_of("-0123456789") == std::string::npos;
    return looks_like_integer ? text + ".0" : text;
  }
  return quoted(std::get<std::string>(value));
}

template <typename Number, typename... Base>
std::optional<Number> parse(std::string_view text, Base... base) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base...);
  return result.ec == std::errc() && result.ptr == end ? std::optional(number) : std::nullopt;
}

// Of what quoted() makes: \" \\ \u00NN.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) {
    return std::nullopt;
  }
  text = text.substr(1, text.size() - 2);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    const std::string_view rest = text.substr(i + 1);
    if (rest.starts_with('"') || rest.starts_with('\\')) {
      result += rest.front();
      ++i;
      continue;
    }
    constexpr std::size_t kDigits = 4;
    const auto code = rest.starts_with('u') && rest.size() > kDigits
                          ? parse<std::uint16_t>(rest.substr(1, kDigits), 16)
                          : std::nullopt;
    if (!code) {
      return std::nullopt;
    }
    append_code_point(result, *code);
    i += 1 + kDigits;
  }
  return result;
}

std::optional<MetadataValue> parse_value(std::string_view text) {
  if (const auto integer = parse<std::int64_t>(text)) {
    return *integer;
  }
  if (const auto real = parse<double>(text)) {
    return *real;
  }
  if (const auto string = unquoted(text)) {
    return *string;
  }
  return std::nullopt;
}

}  // namespace

std::string metadata_comment(const std::string& key, const MetadataValue& value) {
  return to_wtf8(fmt::format("{}{}={}", kPrefix, key, value_text(value)));
}

std::optional<std::pair<std::string, MetadataValue>> parse_metadata_comment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (!text.starts_with(kPrefix) || equals == std::string_view::npos) {
    return std::nullopt;
  }
  auto value = parse_value(text.substr(equals + 1));
  if (!value) {
    return std::nullopt;
  }
  return std::pair(std::string(text.substr(kPrefix.size(), equals - kPrefix.size())),
                   std::move(*value));
}

}  // namespace tmbpf
