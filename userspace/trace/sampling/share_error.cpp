// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/share_error.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace tmbpf {
namespace {

constexpr double kNormal = 1.96;    // the 0.975 quantile
constexpr double kStudent = 2.093;  // with as many degrees of freedom as there are groups, less one

}  // namespace

double unseen_share(double blocks) { return kNormal * kNormal / (blocks + kNormal * kNormal); }

Signs signs_of(std::size_t key) {
  Signs signs{};
  for (std::size_t group = 0; group < kReplicates; ++group) {
    signs[group] = group % 2 == 0 ? 1 : -1;
  }
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(key + 1));
  std::ranges::shuffle(signs, random);
  return signs;
}

// R equal squares have R - 1 times one of them as variance (estimate_error.h).
void add_error(Replicates& replicates, double error, const Signs& signs) {
  const double off = error / kStudent / std::sqrt(static_cast<double>(kReplicates - 1));
  for (std::size_t group = 0; group < kReplicates; ++group) {
    const double value = static_cast<double>(replicates[group]) + off * signs[group];
    replicates[group] = static_cast<float>(std::max(0.0, value));
  }
}

}  // namespace tmbpf
