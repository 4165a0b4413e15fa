// SPDX-License-Identifier: Apache-2.0
// What a hit of a uprobe costs on this machine besides the program that it runs.
#pragma once

#include <chrono>

struct bpf_program;

namespace tmbpf {

// Of an instruction that the kernel emulates, as all of a plan's frequent ones are: measured for a
// few milliseconds in this process, on a function of its own. `nothing`: a program for uprobe_multi
// links that does nothing. A usual figure when it cannot be measured.
std::chrono::duration<double> measure_trap(const bpf_program* nothing);

}  // namespace tmbpf
