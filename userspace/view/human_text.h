// SPDX-License-Identifier: Apache-2.0
// Small texts for people. Widths count code points: double-width characters are not known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tmbpf {

// 1234567 -> "1,234,567".
std::string format_count(std::uint64_t value);

// 7.4 -> "7 s", 200 -> "3 min 20 s", 7500 -> "2 h 05 min".
std::string format_duration(double seconds);

// Unix seconds -> "2026-01-31 23:59:59" where we are; "" for what no calendar has.
std::string format_local_time(double seconds);

// A ratio in percent with that many decimals, rounded down, so that "100.00 %" means all.
std::string format_percent(double ratio, int decimals);

// Safe to send to a terminal: names come from the target, which may put escape sequences into
// them. Control characters become "\x1b", lone surrogates "\udc80", bytes that are no WTF-8 "?".
std::string printable(std::string_view text);

// Code points of a WTF-8 text.
std::size_t text_width(std::string_view text);

// At most `width` code points: cut at the end, "abcd..." .
std::string shorten_right(std::string_view text, std::size_t width);

// At most `width` code points: cut at the front, "...efgh".
std::string shorten_left(std::string_view text, std::size_t width);

// The same, cut at a '/' if one is near: ".../json/decoder.py:42".
std::string shorten_path(std::string_view path, std::size_t width);

std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

}  // namespace tmbpf
