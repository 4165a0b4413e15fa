// SPDX-License-Identifier: Apache-2.0
// What a session knows about itself and its target at one moment.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/model/loss.h"
#include "userspace/trace/mode_step.h"
#include "userspace/trace/sampler_status.h"
#include "userspace/trace/trace_options.h"

namespace tmbpf {

enum class TargetState : std::uint8_t {
  running,
  exited,    // the process ended; what it held last stays readable
  executed,  // it executed a new program; likewise
};

std::string_view to_string(TargetState state);

struct TraceStatus {
  pid_t pid = 0;
  std::string command;
  std::string version;
  TargetState state = TargetState::running;
  std::string replaced_allocator;       // empty, or what took pymalloc's place while tracing
  TraceMode mode = TraceMode::exact;    // asked for
  TraceMode method = TraceMode::exact;  // in use now: never automatic
  // Modes auto and sampled: the budget, a share of the target's time; and what they cost it, as far
  // as that can be told from here (auto: in the last seconds; sampled: since the attach).
  std::optional<double> max_slowdown;
  std::optional<double> slowdown;
  std::vector<ModeStep> steps;  // mode auto, in order; the first is its choice at the attach
  std::uint32_t frames = 0;
  std::uint64_t traced_current = 0;       // bytes
  std::uint64_t traced_peak = 0;          // bytes
  std::uint64_t traces = 0;               // blocks
  std::uint64_t max_traces = 0;           // blocks
  std::uint64_t requests = 0;             // allocation probes hit
  std::uint64_t frees = 0;                // free probes hit
  std::uint64_t kernel_memory = 0;        // bytes of the session's maps
  std::uint64_t tracer_memory = 0;        // bytes: maps and this process's private memory
  std::uint64_t process_rss = 0;          // bytes, of the target while it runs; else 0
  std::size_t sites = 0;                  // probes attached
  std::vector<std::string> filters;       // see to_lines()
  std::uint64_t filtered = 0;             // blocks that they left out
  double attached_at = 0;                 // Unix seconds
  double elapsed = 0;                     // seconds since the attach
  double attach_seconds = 0;              // what attaching took, with planning
  std::optional<SamplerStatus> sampling;  // mode sampled
  std::vector<Loss> losses;               // only those that are not zero

  [[nodiscard]] std::uint64_t lost() const;  // sum of the losses
};

}  // namespace tmbpf
