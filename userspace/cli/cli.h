// SPDX-License-Identifier: Apache-2.0
// The command line: parses it and runs the command. The only library that includes CLI11.
#pragma once

namespace tmbpf {

// Returns the exit status; throws Error when the command cannot go on.
int run_cli(int argc, char** argv);

}  // namespace tmbpf
