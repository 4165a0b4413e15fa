// SPDX-License-Identifier: Apache-2.0
// What a coverage has to say besides its share, in sentences for people.
#pragma once

#include <string>
#include <vector>

#include "userspace/model/coverage.h"

namespace tmbpf {

// For TableTotals::notes; none when nothing is missing and nothing is from before the attach:
//
//   12 blocks (1152 B) missing, most of 96 B
//   at most 3 of them: blocks not recorded: too many threads allocate at once
//   at least 9 of them: blocks handed out where no probe saw it
//   9,078 blocks (780 KiB) from before the attach, most of 64, 80, 160 B
std::vector<std::string> coverage_notes(const Coverage& coverage);

}  // namespace tmbpf
