// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/quantity_text.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include "userspace/cli/number_text.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr double kMaxSize = 0x1p62;

void remove_end(std::string_view& text, std::string_view end) {
  if (text.ends_with(end)) {
    text.remove_suffix(end.size());
  }
}

}  // namespace

double parse_age(const std::string& text) {
  constexpr std::array<std::pair<char, double>, 4> kUnits{
      {{'s', 1.0}, {'m', 60.0}, {'h', 3600.0}, {'d', 86400.0}}};
  std::string_view number = text;
  double unit = 1;
  for (const auto& [letter, seconds] : kUnits) {
    if (number.ends_with(letter)) {
      number.remove_suffix(1);
      unit = seconds;
      break;
    }
  }
  const auto age = parse_number<double>(number);
  if (!age || !(*age >= 0)) {
    throw Error(fmt::format("\"{}\" is no age", text), "Give a number and s, m, h or d: 90s, 5m.",
                ExitStatus::usage);
  }
  return *age * unit;
}

std::uint64_t parse_size(const std::string& text) {
  constexpr std::string_view kLetters = "kmgt";
  std::string_view number = text;
  remove_end(number, "B");
  remove_end(number, "i");
  double unit = 1;
  if (!number.empty()) {
    const int last = std::tolower(static_cast<unsigned char>(number.back()));
    const auto power = kLetters.find(static_cast<char>(last));
    if (power != std::string_view::npos) {
      unit = static_cast<double>(std::uint64_t{1} << (10 * (power + 1)));
      number.remove_suffix(1);
    }
  }
  const auto value = parse_number<double>(number);
  const double bytes = value ? *value * unit : 0;
  if (!(bytes >= 1 && bytes <= kMaxSize)) {
    throw Error(fmt::format("\"{}\" is no size", text),
                "Give a number and K, M, G or T: 512K, 10M, 1.5G.", ExitStatus::usage);
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace tmbpf
