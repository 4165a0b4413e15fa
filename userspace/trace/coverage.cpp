// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/coverage.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <iterator>
#include <span>
#include <thread>
#include <utility>

#include "symbols/heap/pymalloc_heap.h"

namespace tmbpf {
namespace {

constexpr int kLooks = 10;                        // at what seems missing or extra
constexpr std::chrono::milliseconds kBetween{1};  // two looks
constexpr std::size_t kMaxSuspects = 1U << 16U;   // more than this is no passing effect

using Blocks = std::vector<std::uint64_t>;

class CoverageMeter {
 public:
  CoverageMeter(const ProcessMemory& memory, const tmbpf_python& python, BlockSet& baseline,
                const RecordedBlocks& recorded)
      : memory_(memory), python_(python), baseline_(baseline), recorded_(recorded) {}

  std::optional<Coverage> measure() {
    first_ = read_pymalloc_heap(memory_, python_);
    const std::vector<LiveBlock> live = recorded_.read_all();
    second_ = read_pymalloc_heap(memory_, python_);
    if (!first_.readable || !second_.readable) {
      return std::nullopt;
    }
    coverage_.unsettled_pools = second_.unsettled_pools + unsettled_before_only();
    take_traces(live);
    judge_pools();
    if (missing_.size() < kMaxSuspects) {
      keep_lasting(missing_, false);
      count_missing_by_class();
    }
    keep_lasting(extra_, true);
    coverage_.extra = extra_.size();
    sum_up();
    return std::move(coverage_);
  }

 private:
  void take_traces(const std::vector<LiveBlock>& live) {
    for (const LiveBlock& block : live) {
      if (block.domain != 0 || !second_.in_arena(block.address)) {
        continue;
      }
      traced_.insert(block.address);
      if (recorded_.sees_frees && !second_.blocks.contains(block.address) &&
          !first_.blocks.contains(block.address) && second_.is_settled(block.address) &&
          first_.is_settled(block.address)) {
        extra_.push_back(block.address);
      }
    }
  }

  [[nodiscard]] std::uint64_t unsettled_before_only() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        first_.unsettled, [this](std::uint64_t pool) { return second_.is_settled(pool); }));
  }

  void judge_pools() {
    BlockSet before;
    for (const Pool& pool : second_.pools) {
      SizeClassCoverage& row = row_of(pool.block_size);
      for (std::uint64_t at = pool.address; at < pool.address + python_.pool_size;
           at += BlockSet::kWordSpan) {
        const std::uint64_t live = second_.blocks.word_at(at);
        const std::uint64_t traced = traced_.word_at(at);
        const std::uint64_t old = live & ~traced & baseline_.word_at(at);
        const std::uint64_t missing = live & ~traced & ~old & first_.blocks.word_at(at);
        row.attributed += count(live & traced);
        row.before += count(old);
        row.missing += count(missing);
        suspect_missing(at, missing);
        if (old != 0) {
          before.insert_words(at, std::span(&old, 1));
        }
      }
    }
    keep_unsettled(before);
    baseline_ = std::move(before);
  }

  void suspect_missing(std::uint64_t at, std::uint64_t word) {
    if (missing_.size() < kMaxSuspects) {
      BlockSet::visit_word(at, word, [this](std::uint64_t block) { missing_.push_back(block); });
    }
  }

  // What could not be judged now stays in the baseline.
  void keep_unsettled(BlockSet& before) const {
    for (const std::uint64_t pool : second_.unsettled) {
      for (std::uint64_t at = pool; at < pool + python_.pool_size; at += BlockSet::kWordSpan) {
        const std::uint64_t word = baseline_.word_at(at);
        before.insert_words(at, std::span(&word, 1));
      }
    }
  }

  // Drops the suspects that are as they should be at any of several moments: recorded and live, or
  // neither.
  void keep_lasting(Blocks& suspects, bool recorded) const {
    for (int i = 0; i < kLooks && !suspects.empty() && suspects.size() < kMaxSuspects; ++i) {
      std::this_thread::sleep_for(kBetween);
      std::erase_if(suspects, [&](std::uint64_t block) {
        return recorded_.contains(block) != recorded || !memory_.read<std::uint64_t>(block);
      });
      const PymallocHeap now = read_pools(memory_, python_, pools_of(suspects, python_.pool_size));
      std::erase_if(suspects, [&](std::uint64_t block) {
        return now.is_settled(block) && now.blocks.contains(block) == recorded;
      });
    }
  }

  void count_missing_by_class() {
    for (SizeClassCoverage& row : rows_) {
      row.missing = 0;
    }
    for (const std::uint64_t block : missing_) {
      const auto after = std::ranges::upper_bound(second_.pools, block, {}, &Pool::address);
      ++row_of(std::prev(after)->block_size).missing;
    }
  }

  void sum_up() {
    for (const SizeClassCoverage& row : rows_) {
      coverage_.attributed += row.attributed;
      coverage_.missing += row.missing;
      coverage_.before += row.before;
      if (row.attributed + row.missing + row.before != 0) {
        coverage_.classes.push_back(row);
      }
    }
  }

  SizeClassCoverage& row_of(std::uint32_t block_size) {
    const std::uint32_t step = 1U << python_.alignment_shift;
    while (rows_.size() * step < block_size) {
      rows_.push_back({.block_size = static_cast<std::uint32_t>(rows_.size() + 1) * step});
    }
    return rows_[block_size / step - 1];
  }

  static std::uint64_t count(std::uint64_t bits) {
    return static_cast<std::uint64_t>(std::popcount(bits));
  }

  const ProcessMemory& memory_;
  const tmbpf_python& python_;
  BlockSet& baseline_;
  const RecordedBlocks& recorded_;
  PymallocHeap first_;
  PymallocHeap second_;
  BlockSet traced_;  // within arenas
  Blocks missing_;   // suspects, unless there are too many to be looked at again
  Blocks extra_;     // suspects
  std::vector<SizeClassCoverage> rows_;  // of every size class up to the largest in use
  Coverage coverage_;
};

}  // namespace

BlockSet read_baseline(const ProcessMemory& memory, const tmbpf_python& python) {
  PymallocHeap heap = read_pymalloc_heap(memory, python);
  Blocks unsettled = std::move(heap.unsettled);
  for (int i = 0; i < kLooks && !unsettled.empty(); ++i) {
    std::this_thread::sleep_for(kBetween);
    PymallocHeap again = read_pools(memory, python, unsettled);
    again.blocks.for_each([&heap](std::uint64_t block) { heap.blocks.insert(block); });
    unsettled = std::move(again.unsettled);
  }
  return std::move(heap.blocks);
}

std::optional<Coverage> measure_coverage(const ProcessMemory& memory, const tmbpf_python& python,
                                         BlockSet& baseline, const RecordedBlocks& recorded) {
  return CoverageMeter(memory, python, baseline, recorded).measure();
}

}  // namespace tmbpf
