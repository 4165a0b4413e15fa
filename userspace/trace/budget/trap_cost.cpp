// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/trap_cost.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "symbols/process/process_maps.h"
#include "userspace/trace/uprobe_link.h"
#include "util/error.h"

extern "C" void tmbpf_probed_function();

// A function whose first instruction is a push, as most that are probed.
asm(R"(
  .text
  .type tmbpf_probed_function, @function
  .globl tmbpf_probed_function
  .hidden tmbpf_probed_function
tmbpf_probed_function:
  push %rbp
  pop %rbp
  ret
  .size tmbpf_probed_function, . - tmbpf_probed_function
)");

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

constexpr Seconds kUsual{1e-6};
constexpr int kCalls = 200;
constexpr int kRounds = 10;

// The shortest of some rounds: the others were interrupted.
Seconds time_calls() {
  Seconds least{std::numeric_limits<double>::max()};
  for (int round = 0; round < kRounds; ++round) {
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < kCalls; ++i) {
      tmbpf_probed_function();
    }
    least = std::min<Seconds>(least, Clock::now() - begin);
  }
  return least / kCalls;
}

std::optional<UprobeBatch> batch_here() {
  const auto address = reinterpret_cast<std::uint64_t>(&tmbpf_probed_function);
  for (const Mapping& mapping : read_maps(::getpid())) {
    if (address >= mapping.start && address < mapping.end && mapping.inode != 0) {
      return UprobeBatch{.path = map_file_path(::getpid(), mapping),
                         .pid = ::getpid(),
                         .offsets = {address - mapping.start + mapping.offset},
                         .cookies = {0}};
    }
  }
  return std::nullopt;
}

}  // namespace

Seconds measure_trap(const bpf_program* nothing) {
  try {
    const auto batch = batch_here();
    if (!batch) {
      return kUsual;
    }
    const Seconds bare = time_calls();
    const UprobeLink link(nothing, *batch, true);
    return std::max(time_calls() - bare, Seconds(0));
  } catch (const Error&) {
    return kUsual;  // no reason not to trace
  }
}

}  // namespace tmbpf
