// SPDX-License-Identifier: Apache-2.0
// The capture options that every tracing command shares.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "userspace/trace/recording_filters.h"

namespace tmbpf {

// How allocations are followed.
enum class TraceMode : std::uint8_t {
  exact,    // probes on each allocation and each free
  live,     // none where pymalloc frees: its heap says what is still there when somebody asks; the
            // peak is that of those moments
  sampled,  // probes for a few milliseconds now and then; estimates, with their errors
  automatic,  // "auto": the most exact of these that keeps the budget, and a lesser one as soon as
              // it does not; without uprobe_multi links (Linux 6.6) it stays exact
};

std::string_view to_string(TraceMode mode);
std::optional<TraceMode> mode_named(std::string_view name);

struct TraceOptions {
  TraceMode mode = TraceMode::exact;
  // Share of its time that modes sampled and auto may cost the target; nothing: 0.01 for sampled,
  // 0.1 for auto. Infinite: auto stays exact.
  std::optional<double> max_slowdown;
  std::uint32_t frames = 10;             // kept of each stack, 1 to 128; else the nearest
  std::uint32_t max_traces = 4U << 20U;  // live blocks kept at most
  bool freelists = true;     // objects taken from free lists get their new owner's stack
  bool follow = false;       // report what the target's descendants fork and execute, too
  bool stop_at_end = false;  // stop the process (SIGSTOP) where it begins to finalize
  RecordingFilters filters;  // from the beginning
  bool bare = false;         // benchmark: probes that do nothing
};

// The share of its time that the target may lose; infinite: as much as the mode costs.
double budget_of(const TraceOptions& options);

}  // namespace tmbpf
