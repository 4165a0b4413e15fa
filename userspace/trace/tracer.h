// SPDX-License-Identifier: Apache-2.0
// One target traced: loads the programs, attaches the probes, answers with snapshots and status.
//
// tracemalloc.start() is the constructor, stop() is detach() or the end of the object; the process
// itself is asked nothing. Needs root. One tracer per process, in all of the system: a second one
// throws, naming the first.
//
// Threads: one at a time may use a tracer, whichever; several tracers are independent. A tracer has
// a thread of its own that takes in what the programs send, so nothing is lost while nobody calls.
// Its snapshots share a table of tracebacks, which every call that returns another one extends: a
// snapshot is not to be read in one thread while another thread takes the next.
//
// The caller has to call poll() about once a second, or when news_fd() is readable. Without, the
// recording goes on, but nobody notices that the target ended or executed another program, and
// children that it forks keep its breakpoints, which cost them time at each allocation.
//
// Members throw Error (util/error.h) when the kernel refuses. What they return by value belongs to
// the caller and may outlive the tracer. The constructor raises the process's limits of locked
// memory and open files, and takes libbpf's messages for itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "userspace/model/coverage.h"
#include "userspace/model/snapshot.h"
#include "userspace/trace/process_event.h"
#include "userspace/trace/recent_coverage.h"
#include "userspace/trace/recording_filters.h"
#include "userspace/trace/taken_traces.h"
#include "userspace/trace/trace_options.h"
#include "userspace/trace/trace_status.h"

namespace tmbpf {

struct PythonTarget;  // tmbpf's own, not installed

class Tracer {
 public:
  // Attaches to the target and begins to record, which takes about a second. Throws Error:
  // allocator replaced, static checks failed, another tmbpf on the target, not permitted, target
  // gone, no Python or one that cannot be traced.
  explicit Tracer(pid_t pid, const TraceOptions& options = {});
  // The same with an analysis that others share.
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
  // Live mode: `fresh` reads the heap, else it is done when it was not within half a second.
  TraceStatus status(bool fresh = false);
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
  [[nodiscard]] const RecordingFilters& filters() const;
  // Compares with the heap; costs a reading of it and of every trace (about 0.5 s per GiB).
  // Nothing when the target is gone or finalizes, or filters leave out blocks.
  std::optional<Coverage> coverage();
  // The same, but waits at most so long: else as it was measured last, or nothing when never. The
  // measurement goes on in a thread.
  RecentCoverage recent_coverage(std::chrono::milliseconds patience);

  // To be called now and then: notices the target's end, a new program, a replaced allocator,
  // forked children (which it frees of the breakpoints they inherited).
  TargetState poll();
  [[nodiscard]] TargetState state() const;             // as of the last poll()
  [[nodiscard]] std::uint64_t traced_current() const;  // bytes; costs nothing
  // Live mode: reads the heap, until when traced_current() counts what was freed. Else nothing.
  void refresh();
  // Readable when somebody forked or executed: poll() should be called soon. Valid as long as the
  // tracer.
  [[nodiscard]] int news_fd() const;

  // What poll() met of forks and new programs, of the target and its descendants, since the last
  // call; only with TraceOptions::follow. Goes on when the target itself has ended.
  std::vector<ProcessEvent> take_family_events();
  // Has a descendant watched that was forked before the attach.
  void watch(pid_t descendant);
  // Lets go of a target that became another program or process, so that a new tracer may have it;
  // what was recorded, and family events, go on as after its end.
  void retire();

  // Whether the target has begun to finalize; what it held then stays recorded.
  [[nodiscard]] bool at_end() const;
  [[nodiscard]] const PythonTarget& target() const;

 private:
  struct Parts;

  void add_causes(std::optional<Coverage>& coverage);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tmbpf
