// SPDX-License-Identifier: Apache-2.0
// How often each site was hit, as the programs count it. Counters are of 32 bits and begin anew
// when they are full, so that differences of them hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tmbpf {

class SiteHits {
 public:
  // `hits`: by index in the plan, `count` of them; must outlive it.
  SiteHits(std::uint32_t* hits, std::size_t count) : hits_(hits), count_(count) {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::uint32_t of(std::size_t site) const {
    return std::atomic_ref(hits_[site]).load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t of(std::span<const std::size_t> sites) const {
    std::uint64_t sum = 0;
    for (const std::size_t site : sites) {
      sum += of(site);
    }
    return sum;
  }
  [[nodiscard]] std::uint64_t all() const {
    std::uint64_t sum = 0;
    for (std::size_t site = 0; site < count_; ++site) {
      sum += of(site);
    }
    return sum;
  }

 private:
  std::uint32_t* hits_;
  std::size_t count_;
};

}  // namespace tmbpf
