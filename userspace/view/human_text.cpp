// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/human_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

constexpr std::string_view kEllipsis = "...";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// The bytes of the first `count` code points.
std::size_t prefix_bytes(std::string_view text, std::size_t count) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (!is_continuation(text[i]) && count-- == 0) {
      break;
    }
  }
  return i;
}

std::string_view last_code_points(std::string_view text, std::size_t count) {
  return text.substr(prefix_bytes(text, text_width(text) - count));
}

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

std::string printable_sequence(std::string_view sequence) {
  const unsigned lead = byte_at(sequence, 0);
  if (sequence.size() == 1 && (lead < 0x20 || lead == 0x7f)) {
    return fmt::format("\\x{:02x}", lead);
  }
  if (sequence.size() == 2 && lead == 0xc2 && byte_at(sequence, 1) < 0xa0) {  // C1 controls
    return fmt::format("\\x{:02x}", byte_at(sequence, 1));
  }
  if (sequence.size() == 3 && lead == 0xed && byte_at(sequence, 1) >= 0xa0) {  // surrogates
    return fmt::format("\\u{:04x}", 0xd000U | ((byte_at(sequence, 1) & 0x3fU) << 6U) |
                                        (byte_at(sequence, 2) & 0x3fU));
  }
  return std::string(sequence);
}

}  // namespace

std::string format_count(std::uint64_t value) {
  std::string text = fmt::to_string(value);
  for (std::size_t i = text.size(); i > 3;) {
    i -= 3;
    text.insert(i, 1, ',');
  }
  return text;
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(seconds, 0.0));
  if (whole < 60) {
    return fmt::format("{} s", whole);
  }
  if (whole < 3600) {
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  }
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string format_local_time(double seconds) {
  if (!(std::fabs(seconds) < 1e11)) {
    return "";
  }
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&whole, &parts) == nullptr) {
    return "";
  }
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string format_percent(double ratio, int decimals) {
  const double scale = std::pow(10.0, decimals);
  // The small addend undoes what binary fractions lose: 0.9998 * 10000 is 9997.999...
  const double percent = std::floor(ratio * 100 * scale + 1e-9) / scale;
  return fmt::format("{:.{}f} %", percent, decimals);
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = wtf8_sequence_length(text);
    result += length == 0 ? "?" : printable_sequence(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string shorten_right(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) {
    return std::string(text);
  }
  const std::string_view dots = kEllipsis.substr(0, width);
  return std::string(text.substr(0, prefix_bytes(text, width - dots.size()))).append(dots);
}

std::string shorten_left(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) {
    return std::string(text);
  }
  const std::string_view dots = kEllipsis.substr(0, width);
  return std::string(dots).append(last_code_points(text, width - dots.size()));
}

std::string shorten_path(std::string_view path, std::size_t width) {
  std::string shortened = shorten_left(path, width);
  if (shortened == path) {
    return shortened;
  }
  // Whole path components read better, unless that would drop most of what fits.
  const std::size_t slash = shortened.find('/');
  if (slash != std::string::npos && slash <= shortened.size() / 2) {
    shortened.replace(0, slash, kEllipsis);
  }
  return shortened;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = text_width(text);
  return std::string(text).append(width > used ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = text_width(text);
  return std::string(width > used ? width - used : 0, ' ').append(text);
}

}  // namespace tmbpf
