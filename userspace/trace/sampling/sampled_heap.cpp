// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/sampled_heap.h"

#include <algorithm>
#include <cstdint>

#include "userspace/trace/sampling/raw_totals.h"

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kEvery{2};  // an estimate for the end, or longer:
constexpr double kRest = 30;  // times what one takes

std::vector<std::uint64_t> addresses_of(std::span<const LiveBlock> blocks) {
  std::vector<std::uint64_t> addresses;
  addresses.reserve(blocks.size());
  for (const LiveBlock& block : blocks) {
    addresses.push_back(block.address);
  }
  return addresses;
}

}  // namespace

SampledHeap::SampledHeap(pid_t pid, const tmbpf_python& python)
    : python_(python), growth_(pid, python), malloc_growth_(pid, python) {}

void SampledHeap::begin(std::span<const LiveBlock> small, std::span<const LiveBlock> raw) {
  growth_.add_new(addresses_of(small));
  malloc_growth_.restart(addresses_of(raw));
  begun_ = true;
}

void SampledHeap::restart() {
  growth_.restart();
  if (begun_) {
    malloc_growth_.restart();
  }
  last_ = {};
  last_at_.reset();
}

bool SampledHeap::is_fresh(std::chrono::milliseconds age) const {
  return last_at_ && Clock::now() - *last_at_ < age;
}

bool SampledHeap::is_due() const {
  return !last_at_ || Clock::now() - *last_at_ > std::max(kEvery, kRest * last_took_);
}

void SampledHeap::estimate(std::span<const SampledBlock> small, std::span<const SampledBlock> raw,
                           const TracesMap* recorded, SamplerStatus& status) {
  const Clock::time_point begin = Clock::now();
  if (const auto totals = growth_.measure()) {
    last_ = make_estimate(small, *totals, 1U << python_.alignment_shift);
    add_raw(last_, raw, recorded, malloc_growth_, status);
    last_at_ = Clock::now();
    last_took_ = *last_at_ - begin;
  }
}

}  // namespace tmbpf
