// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "userspace/model/statistics.h"
#include "userspace/view/coverage_notes.h"
#include "userspace/view/table_view.h"

namespace tmbpf {
namespace {

// Coverage reads the whole heap: no more often than keeps it below a twentieth of our time.
constexpr int kCoverageShare = 20;

std::uint64_t traced_bytes(const Snapshot& snapshot) {
  std::uint64_t bytes = 0;
  for (const Trace& trace : snapshot.traces()) {
    bytes += trace.size;
  }
  return bytes;
}

std::vector<std::string> notes_of(const TraceStatus& status,
                                  const std::optional<Coverage>& coverage) {
  std::vector<std::string> notes;
  if (!status.replaced_allocator.empty()) {
    notes.push_back(fmt::format("no longer complete: what {} allocates is not seen",
                                status.replaced_allocator));
  }
  for (const Loss& loss : status.losses) {
    notes.push_back(fmt::format("lost {}: {}", loss.count, loss.what));
  }
  if (coverage) {
    std::ranges::copy(coverage_notes(*coverage), std::back_inserter(notes));
  }
  return notes;
}

}  // namespace

void LiveTable::measure_coverage(Tracer& tracer) {
  const auto begin = std::chrono::steady_clock::now();
  if (begin < coverage_due_) {
    return;
  }
  coverage_ = tracer.coverage();
  const auto end = std::chrono::steady_clock::now();
  coverage_due_ = end + (end - begin) * kCoverageShare;
}

std::vector<std::string> LiveTable::lines(Tracer& tracer, std::size_t rows, std::size_t width,
                                          const std::string& note) {
  measure_coverage(tracer);
  const Snapshot snapshot = tracer.snapshot();
  const TraceStatus status = tracer.status();
  const auto groups = statistics(snapshot, KeyType::lineno);
  TableInput input{.table = snapshot.table(), .statistics = groups, .limit = rows, .width = width};
  input.totals.pid = status.pid;
  input.totals.command = fmt::format("{} (CPython {})", status.command, status.version);
  input.totals.state =
      status.state == TargetState::running ? "tracing" : std::string(to_string(status.state));
  input.totals.elapsed = status.elapsed;
  input.totals.mode = "exact";
  input.totals.frames = status.frames;
  // Of the same moment as the rows, so that their shares add up.
  input.totals.traced_current = traced_bytes(snapshot);
  input.totals.traced_peak = std::max(status.traced_peak, input.totals.traced_current);
  input.totals.live_blocks = snapshot.traces().size();
  input.totals.process_rss = status.process_rss;
  input.totals.tracer_memory = status.tracer_memory;
  input.totals.lost = status.lost();
  if (coverage_) {
    input.totals.coverage = coverage_->share();
  }
  input.totals.notes = notes_of(status, coverage_);
  if (!note.empty()) {
    input.totals.notes.push_back(note);
  }
  return table_lines(input);
}

}  // namespace tmbpf
