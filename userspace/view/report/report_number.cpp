// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/report_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace tmbpf {
namespace {

constexpr double kLargest = 1e30;
constexpr double kExact = 9007199254740992;  // 2^53: whole numbers below are exact

}  // namespace

nlohmann::json report_number(double value) {
  if (std::isnan(value)) {
    return 0;
  }
  const double number = std::clamp(value, -kLargest, kLargest);
  if (std::fabs(number) <= kExact && std::trunc(number) == number) {
    return static_cast<std::int64_t>(number);
  }
  return number;
}

nlohmann::json short_report_number(double value) {
  const std::string digits = fmt::format("{:.6g}", value);
  double number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return report_number(number);
}

}  // namespace tmbpf
