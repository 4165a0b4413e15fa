// SPDX-License-Identifier: Apache-2.0
// One target traced: loads the programs, attaches the probes, answers with snapshots and status.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/python_target.h"
#include "userspace/model/snapshot.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/collector.h"
#include "userspace/trace/coverage.h"
#include "userspace/trace/coverage_watch.h"
#include "userspace/trace/event_reader.h"
#include "userspace/trace/kernel_support.h"
#include "userspace/trace/live_filter.h"
#include "userspace/trace/probe_links.h"
#include "userspace/trace/recording_filters.h"
#include "userspace/trace/stack_sums.h"
#include "userspace/trace/target_lock.h"
#include "userspace/trace/trace_options.h"
#include "userspace/trace/trace_status.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

class Tracer {
 public:
  // Attaches to the target and begins to record. Throws Error: allocator replaced, static checks
  // failed, another tmbpf on the target, not permitted, target gone.
  Tracer(PythonTarget target, TraceOptions options);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer();

  // Takes every probe out; what was recorded stays readable. Idempotent.
  void detach();

  // The live blocks now. Also after the target's end: then those that it left behind. `coverage`
  // goes into the snapshot's metadata.
  // `addresses`: of each block, which then is a trace of its own in files, too.
  Snapshot snapshot(const std::optional<Coverage>& coverage = std::nullopt, bool addresses = false);
  // The same blocks for statistics: those of one traceback added up, so sizes are averages.
  // Costs what the stacks do that were ever seen, and not what the blocks do.
  Snapshot summary();
  // With coverage() and what else can be read about the process, which cost a reading of its heap.
  Snapshot full_snapshot(bool addresses = false);
  TraceStatus status();
  // tracemalloc.get_object_traceback() for an id(), or for any address within a traced block: a
  // snapshot of that one block, or of none. 0.3 s per million blocks when it is larger than 512 B.
  Snapshot find_object(std::uint64_t address);
  // tracemalloc.clear_traces(): forgets every block; those that are live count as from before. What
  // is allocated meanwhile is forgotten too (0.5 s per million blocks). Returns what was forgotten.
  TakenTraces clear();
  // tracemalloc.reset_peak(): the peak is what is traced now.
  void reset_peak();
  // add_filter() and clear_filters() of pytracemalloc: what is allocated from now on is recorded by
  // these; what is recorded stays. Code that was never seen is recorded until it has been judged,
  // but not shown.
  void set_filters(const RecordingFilters& filters);
  [[nodiscard]] const RecordingFilters& filters() const { return options_.filters; }
  // Compares with the heap; costs a reading of it and of every trace (about 0.5 s per GiB).
  // Nothing when the target is gone or finalizes, or filters leave out blocks.
  std::optional<Coverage> coverage();
  // The same, but waits at most so long: else as it was measured last, or nothing when never. The
  // measurement goes on in a thread.
  CoverageWatch::Recent recent_coverage(std::chrono::milliseconds patience);

  // To be called now and then: notices the target's end, a new program, a replaced allocator,
  // forked children (which it frees of the breakpoints they inherited).
  TargetState poll();
  [[nodiscard]] TargetState state() const { return state_; }  // as of the last poll()
  [[nodiscard]] std::uint64_t traced_current() const;         // bytes; costs nothing
  // Readable when somebody forked or executed: poll() should be called soon.
  [[nodiscard]] int news_fd() const { return reader_->news_fd(); }

  // What poll() met of forks and new programs, of the target and its descendants, since the last
  // call; only with TraceOptions::follow. Goes on when the target itself has ended.
  std::vector<tmbpf_process_event> take_family_events();
  // Has a descendant watched that was forked before the attach.
  void watch(pid_t descendant);
  // Lets go of a target that became another program or process, so that a new tracer may have it;
  // what was recorded, and family events, go on as after its end.
  void retire();

  // Whether the target has begun to finalize; what it held then stays recorded.
  [[nodiscard]] bool at_end() const;
  [[nodiscard]] const PythonTarget& target() const { return target_; }
  // The addresses and sizes of the live blocks, for the per-address tests.
  [[nodiscard]] std::vector<LiveBlock> live_blocks() const;

 private:
  bool take_process_events();
  void heal_children();
  [[nodiscard]] std::uint32_t domain_of(const LiveBlock& block) const;
  [[nodiscard]] bool hides(const LiveBlock& block) const;
  [[nodiscard]] std::vector<std::uint64_t> read_counters() const;
  [[nodiscard]] bool has_heap() const;
  void add_causes(std::optional<Coverage>& coverage);

  PythonTarget target_;
  TraceOptions options_;
  KernelSupport support_;
  TargetLock lock_;
  SkeletonPtr skeleton_;
  ChunksMap chunks_;
  TracesMap traces_;
  StackSums sums_;
  LiveFilter filter_;
  Collector collector_;
  std::unique_ptr<EventReader> reader_;
  std::optional<ProbeLinks> links_;
  std::optional<CoverageWatch> coverage_;
  TargetState state_ = TargetState::running;
  std::string replaced_;
  std::vector<tmbpf_process_event> family_events_;
  double attached_at_ = 0;  // Unix seconds
  double attach_seconds_ = 0;
};

}  // namespace tmbpf
