// SPDX-License-Identifier: Apache-2.0
// The verdicts of a tracer's filters on code objects and stacks, for the BPF programs.
//
// A stack is judged when its description comes, some milliseconds after its first block; what was
// recorded until then stays in the traces map and is hidden. Blocks from before the filters stay
// shown: filters are about what is allocated from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bpf/tmbpf.h"
#include "userspace/model/traceback_filter.h"
#include "userspace/trace/recording_filters.h"
#include "userspace/trace/shared_array.h"
#include "userspace/trace/stack_sums.h"

namespace tmbpf {

// Not thread-safe: its user, the Collector, locks.
class LiveFilter {
 public:
  // `domains`, `switches`: the programs' variables. All that is given must outlive the object.
  LiveFilter(StackSums& sums, int code_verdicts_fd, int stacks_fd, const tmbpf_domains& domains,
             tmbpf_filters& switches);

  // From now on these hold. Whoever calls it judges every code object and stack that is known, then
  // calls activate(). Throws Error when the kernel refuses.
  void set(RecordingFilters filters);
  void activate();
  [[nodiscard]] const RecordingFilters& filters() const { return filters_; }
  [[nodiscard]] bool judges() const { return rules_.has_value(); }
  // A domain has come that the verdicts do not know: set() the same filters again.
  [[nodiscard]] bool is_outdated() const { return judges() && domains_now() != domains_judged_; }

  void judge_code(std::uint32_t id, std::string_view filename);
  // `fresh`: it came after the filters were set, and so did all its blocks. No frames: the stack of
  // blocks that no Python code allocated.
  void judge_stack(std::uint64_t stack, std::span<const NamedFrame> frames, bool fresh);

  // Whether the block of such a trace was to be left out; `slot` is that of its domain.
  [[nodiscard]] bool hides(std::uint64_t stack, std::uint32_t slot) const;
  // What such blocks add up to, where a stack's are hidden in every domain.
  [[nodiscard]] StackSum hidden_sum() const;

 private:
  [[nodiscard]] std::vector<std::uint32_t> domains_now() const;
  [[nodiscard]] std::uint32_t dropped_slots(std::span<const NamedFrame> frames);
  void give_new_ids();

  StackSums& sums_;
  SharedArray<tmbpf_code_verdicts> codes_;
  int stacks_fd_;
  const tmbpf_domains& domains_;
  tmbpf_filters& switches_;
  RecordingFilters filters_;
  std::optional<TracebackFilter> rules_;
  std::vector<std::uint32_t> domains_judged_;  // by slot
  std::size_t slots_at_first_ = 1;             // domain slots in use when the filters were set
  std::unordered_map<std::uint64_t, std::uint32_t> hidden_;  // by stack: slots
  std::unordered_set<std::uint64_t> outgrown_;  // hidden stacks that are to be recorded again
};

}  // namespace tmbpf
