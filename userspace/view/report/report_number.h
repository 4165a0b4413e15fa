// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace tmbpf {

// Finite, and without ".0" where it is a whole number: half of a report are numbers. Not a number
// becomes 0, beyond 1e30 becomes 1e30.
nlohmann::json report_number(double value);
// The same of its first six digits.
nlohmann::json short_report_number(double value);

}  // namespace tmbpf
