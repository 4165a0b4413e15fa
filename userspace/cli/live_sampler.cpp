// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "symbols/process/process_identity.h"
#include "userspace/view/coverage_notes.h"
#include "userspace/view/human_text.h"

namespace tmbpf {
namespace {

std::vector<std::string> notes_of(const TraceStatus& status,
                                  const std::optional<Coverage>& coverage) {
  std::vector<std::string> notes;
  if (!status.replaced_allocator.empty()) {
    notes.push_back(fmt::format("no longer complete: what {} allocates is not seen",
                                status.replaced_allocator));
  }
  for (std::size_t i = 1; i < status.steps.size(); ++i) {
    const ModeStep& step = status.steps[i];
    notes.push_back(fmt::format("{} from mode {} to {}: {}", format_local_time(step.time),
                                to_string(step.from), to_string(step.to), step.reason));
  }
  for (const Loss& loss : status.losses) {
    notes.push_back(fmt::format("lost {}: {}", loss.count, loss.what));
  }
  if (coverage) {
    std::ranges::copy(coverage_notes(*coverage), std::back_inserter(notes));
  }
  return notes;
}

std::string mode_text(const TraceStatus& status) {
  return status.mode == TraceMode::automatic ? fmt::format("auto ({})", to_string(status.method))
                                             : std::string(to_string(status.mode));
}

std::string state_text(TargetState state) {
  return state == TargetState::running ? "tracing" : std::string(to_string(state));
}

}  // namespace

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<LiveProcess> LiveSampler::processes() const {
  std::vector<LiveProcess> all;
  for (const Tracer* const tracer : targets_.members()) {
    const bool runs = tracer->state() == TargetState::running;
    all.push_back({.pid = pid_of(*tracer),
                   .command = tracer->target().identity.command,
                   .traced = tracer->traced_current(),
                   .resident = runs ? resident_bytes(pid_of(*tracer)) : 0,
                   .state = state_text(tracer->state())});
  }
  return all;
}

const std::optional<Coverage>& LiveSampler::coverage_of(Tracer& tracer) {
  Covered& covered = coverages_[pid_of(tracer)];
  if (covered.tracer != &tracer) {
    covered = {.tracer = &tracer, .schedule = {}};
  }
  return covered.schedule.ask(tracer, patience_);
}

TableTotals LiveSampler::totals_of(Tracer& tracer) {
  const pid_t pid = pid_of(tracer);
  const std::optional<Coverage>& coverage = coverage_of(tracer);
  const TraceStatus status = tracer.status();
  TableTotals totals{.pid = pid,
                     .command = fmt::format("{} (CPython {})", status.command, status.version),
                     .state = state_text(status.state),
                     .elapsed = status.elapsed,
                     .mode = mode_text(status),
                     .frames = status.frames,
                     .traced_peak = status.traced_peak,
                     .process_rss = status.process_rss,
                     .tracer_memory = status.tracer_memory,
                     .lost = status.lost(),
                     .slowdown = status.slowdown,
                     .notes = notes_of(status, coverage)};
  if (coverage) {
    totals.coverage = coverage->share();
  }
  if (std::string note = targets_.note_of(pid); !note.empty()) {
    totals.notes.push_back(std::move(note));
  }
  return totals;
}

LiveSampler::Sample LiveSampler::take(Tracer& tracer) {
  Snapshot snapshot = tracer.summary();
  return {.snapshot = std::move(snapshot), .totals = totals_of(tracer), .time = unix_now()};
}

}  // namespace tmbpf
