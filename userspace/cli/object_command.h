// SPDX-License-Identifier: Apache-2.0
// `tmbpf object`: where one block was allocated.
#pragma once

#include <sys/types.h>

#include <string>

namespace tmbpf {

// `address`: an id() or any address within a block, as parse_address() takes it. Asks the session
// of `pid`. Status 1 when no traced block is there. Throws Error.
int run_object(pid_t pid, const std::string& address, bool json);

}  // namespace tmbpf
