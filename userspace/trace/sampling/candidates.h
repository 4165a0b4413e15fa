// SPDX-License-Identifier: Apache-2.0
// Sampled blocks that may live still. Between windows no probe says that one was freed, so they are
// looked at in the heap again and again, soon after the window at first, ever more seldom later:
// one that is free at some moment, or whose content changed, is gone. What is allocated for good
// survives; what is allocated and freed all the time does not, even where its place is taken by its
// like at once.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <unordered_map>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_content.h"
#include "symbols/process/process_memory.h"
#include "userspace/trace/sampling/seen_block.h"

namespace tmbpf {

// Of one thread at a time.
class Candidates {
 public:
  using Clock = std::chrono::steady_clock;

  // `python` must outlive it. `pymalloc`: its blocks, else those of the raw domain, of which only
  // the content tells.
  Candidates(pid_t pid, const tmbpf_python& python, bool pymalloc);

  // From `now` on they are looked at. One that is known at an address is replaced.
  void add(std::span<const SeenBlock> seen, Clock::time_point now);
  void remove(std::uint64_t address) { known_.erase(address); }
  void clear();

  // Looks at those that are due.
  void look(Clock::time_point now);
  // Looks at all of them; those that live and have survived long enough to count.
  std::vector<SampledBlock> survivors();
  // The one that holds the address, if it seems to live.
  std::optional<SampledBlock> find(std::uint64_t address);
  // The next look is due; far away when there is none.
  [[nodiscard]] Clock::time_point next_look() const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  static constexpr std::size_t kLooks = 12;  // at growing distances; the last is repeated

  struct Candidate {
    SampledBlock block;
    BlockContent content;
    std::uint32_t block_size = 0;  // bytes
    std::uint64_t id = 0;
    std::size_t looks = 0;
  };
  struct Due {
    Clock::time_point at;
    std::uint64_t address;
    std::uint64_t id;
  };
  void look_at(const std::vector<std::uint64_t>& addresses);
  void schedule(const Candidate& candidate, Clock::time_point now);
  void thin();

  ProcessMemory memory_;
  const tmbpf_python& python_;
  bool pymalloc_;
  BlockContents contents_;
  std::unordered_map<std::uint64_t, Candidate> known_;  // by address
  std::array<std::deque<Due>, kLooks> due_;             // by looks done, ascending
  std::uint64_t ids_ = 0;
  std::minstd_rand random_{1};
};

}  // namespace tmbpf
