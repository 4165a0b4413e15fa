// SPDX-License-Identifier: Apache-2.0
// What a session says of itself, for people.
#pragma once

#include <nlohmann/json.hpp>

namespace tmbpf {

// Prints the answer to the request "status".
void print_status(const nlohmann::json& status);

}  // namespace tmbpf
