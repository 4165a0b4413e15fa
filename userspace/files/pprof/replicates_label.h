// SPDX-License-Identifier: Apache-2.0
// Replicates as text: kReplicates numbers with commas between them, "2.5,0,3.75,...".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/model/replicates.h"

namespace tmbpf {

// As few digits as give the same numbers back.
std::string format_replicates(const Replicates& replicates);

// Nothing for any other text, also where a number is below 0 or not finite.
std::optional<Replicates> parse_replicates(std::string_view text);

}  // namespace tmbpf
