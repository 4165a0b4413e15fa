// SPDX-License-Identifier: Apache-2.0
// Filters for random_snapshots(), different for each seed and the same each time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/model/filter.h"

namespace tmbpf::test {

// None to four, with patterns of every kind that fnmatch knows.
std::vector<TraceFilter> random_filters(std::uint32_t seed);

// A list of objects with the fields' names; a DomainFilter has no "pattern".
std::string to_json(const std::vector<TraceFilter>& filters);

}  // namespace tmbpf::test
