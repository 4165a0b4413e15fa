// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/trace/coverage.h"

namespace tmbpf {
namespace {

// The losses (see loss_counters.cpp) that leave a block without a trace.
constexpr std::array<std::string_view, 6> kBlocksLost{"traces_full", "traces_memory", "pending",
                                                      "stale",       "operand",       "pool"};

}  // namespace

std::vector<Loss> missing_causes(std::uint64_t missing, const std::vector<Loss>& losses) {
  std::vector<Loss> causes;
  std::uint64_t unexplained = missing;
  for (const Loss& loss : losses) {
    if (missing != 0 && std::ranges::find(kBlocksLost, loss.key) != kBlocksLost.end()) {
      causes.push_back({loss.what, loss.key, std::min(loss.count, missing)});
      unexplained -= std::min(loss.count, unexplained);
    }
  }
  if (unexplained != 0) {
    causes.push_back({"blocks handed out where no probe saw it", "not_seen", unexplained});
  }
  return causes;
}

}  // namespace tmbpf
