// SPDX-License-Identifier: Apache-2.0
// What a snapshot says about its process, as lines below its statistics.
#pragma once

#include <string>
#include <vector>

#include "userspace/model/snapshot_metadata.h"

namespace tmbpf {

// "Total process memory: 84.9 MiB", what was lost, what is not covered, user data ("TITLE: VALUE",
// of plain text "User data: LINE"). Nothing for what the metadata does not have. With `old`, memory
// and the user data that are sizes show their difference, where both have them: "84.9 MiB (+3.2
// MiB)". Safe for a terminal.
std::vector<std::string> metrics_lines(const Metadata& metadata, const Metadata* old = nullptr);

}  // namespace tmbpf
