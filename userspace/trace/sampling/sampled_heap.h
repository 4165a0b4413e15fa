// SPDX-License-Identifier: Apache-2.0
// What the heap holds that came since a moment: its totals, shared out by the sampled blocks that
// live.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_set.h"
#include "userspace/trace/sampler_status.h"
#include "userspace/trace/sampling/estimate.h"
#include "userspace/trace/sampling/heap_growth.h"
#include "userspace/trace/sampling/malloc_growth.h"
#include "userspace/trace/sampling/sampled_block.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

// Of one thread at a time.
class SampledHeap {
 public:
  // `python` must outlive it.
  SampledHeap(pid_t pid, const tmbpf_python& python);

  // `old`: pymalloc's blocks at the moment.
  void set_baseline(BlockSet old) { growth_.begin(std::move(old)); }
  // The moment for malloc's heap, but for the blocks of `raw`, which came before; those of `small`,
  // of pymalloc, did not live at its moment.
  void begin(std::span<const LiveBlock> small, std::span<const LiveBlock> raw);
  void restart();  // both moments are now
  // What lives now is from before, whatever was said: filters left out what came since.
  void leave_out_unrecorded() { growth_.restart(); }

  // Whether the last estimate is at most so old.
  [[nodiscard]] bool is_fresh(std::chrono::milliseconds age) const;
  // Whether another one should be made, so that it is known what the target held when it ends.
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] const Estimate& last() const { return last_; }
  // Costs a reading of both heaps. `recorded`: with the raw domain's blocks that are no sample, or
  // null. Stays as it was when the heap cannot be read.
  void estimate(std::span<const SampledBlock> small, std::span<const SampledBlock> raw,
                const TracesMap* recorded, SamplerStatus& status);

 private:
  using Clock = std::chrono::steady_clock;

  const tmbpf_python& python_;
  HeapGrowth growth_;
  MallocGrowth malloc_growth_;
  bool begun_ = false;
  Estimate last_;
  std::optional<Clock::time_point> last_at_;
  std::chrono::duration<double> last_took_{0};
};

}  // namespace tmbpf
