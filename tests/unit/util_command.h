// SPDX-License-Identifier: Apache-2.0
// Runs a program and collects what it prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tmbpf::test {

struct CommandResult {
  int exit_status = -1;  // -1: ended by a signal or not started
  std::string output;    // standard output; standard error goes where the test's goes
};

// `environment` is added to ours, as "NAME=value".
CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment = {});

// The first executable of that name in PATH.
std::optional<std::string> find_in_path(const std::string& name);

}  // namespace tmbpf::test
