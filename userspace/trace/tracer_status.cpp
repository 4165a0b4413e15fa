// SPDX-License-Identifier: Apache-2.0
// What a tracer knows about itself: status, coverage, and looks at the heap that these need.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "bpf/tmbpf.h"
#include "tmbpf.skel.h"
#include "userspace/trace/coverage.h"
#include "userspace/trace/loss_counters.h"
#include "userspace/trace/now_seconds.h"
#include "userspace/trace/tracer_parts.h"

namespace tmbpf {
namespace {

constexpr std::chrono::milliseconds kRecentSweep{500};  // before a status

void add_losses(std::vector<Loss>& losses, const SamplerStatus& sampling) {
  if (sampling.discarded != 0) {
    losses.push_back({.what = "sampling windows in which more happened than could be noted",
                      .key = "windows",
                      .count = sampling.discarded});
  }
  if (!sampling.failure.empty()) {
    losses.push_back({.what = "no sampling windows are opened any more: " + sampling.failure,
                      .key = "sampling",
                      .count = 1});
  }
}

}  // namespace

void Tracer::Parts::sweep_heap(std::chrono::milliseconds age) {
  const auto now = std::chrono::steady_clock::now();
  if (method() != TraceMode::live || !has_heap() || now - swept < age) {
    return;
  }
  const std::uint64_t requests = read_counters()[TMBPF_COUNT_REQUESTS];
  if (sweep->sweep()) {
    swept = now;
    requests_swept = requests;
  }
}

void Tracer::refresh() {
  parts_->sweep_heap();
  parts_->look(std::chrono::milliseconds(0));
}

Estimate Tracer::Parts::estimate(std::chrono::milliseconds age) {
  return method() == TraceMode::sampled ? sampler->estimate(age) : Estimate();
}

StackSum Tracer::Parts::look(std::chrono::milliseconds age) {
  if (method() != TraceMode::sampled) {
    return {};
  }
  const StackSum sum = sum_of(sampler->estimate(age));
  estimated_bytes = sum.bytes;
  estimated_peak =
      std::max<std::uint64_t>(estimated_peak, sum.bytes + skeleton->bss->totals.traced_current);
  return sum;
}

std::uint64_t Tracer::Parts::peak() const {
  const std::uint64_t before = auto_mode ? auto_mode->peak_before() : 0;
  switch (method()) {
    case TraceMode::sampled:
      return std::max(before, estimated_peak);
    case TraceMode::live:
      return std::max(before, sweep->peak());
    default:
      return skeleton->bss->totals.traced_peak;
  }
}

void Tracer::Parts::forget_peak() {
  if (sweep) {
    sweep->reset_peak();
  }
  if (auto_mode) {
    auto_mode->reset_peak();
  }
  estimated_peak = 0;
}

void Tracer::Parts::add_budget(TraceStatus& status) const {
  if (const double budget = budget_of(options); std::isfinite(budget)) {
    status.max_slowdown = budget;
  }
  if (sampler) {
    const SamplerStatus sampling = sampler->status();
    status.sites += sampling.probes;
    status.slowdown = sampling.slowdown();
    if (method() == TraceMode::sampled) {
      add_losses(status.losses, sampling);
      status.sampling = sampling;
    }
  }
  if (auto_mode) {
    status.sites += auto_mode->probes();
    status.slowdown = auto_mode->slowdown();
    status.steps = auto_mode->steps();
  } else if (options.mode == TraceMode::automatic && status.max_slowdown) {
    status.steps.push_back({.time = attached_at,
                            .to = TraceMode::exact,
                            .reason =
                                "the budget is not kept: that needs uprobe_multi links (Linux "
                                "6.6)"});
  }
}

std::optional<Loss> Tracer::Parts::unswept(std::uint64_t requests) const {
  if (method() != TraceMode::live || has_heap() || requests == requests_swept) {
    return std::nullopt;
  }
  return Loss{.what =
                  "allocations since the heap was last read: what of them was freed before the "
                  "end is not known, and counts as live",
              .key = "unswept",
              .count = requests - requests_swept};
}

std::vector<std::uint64_t> Tracer::Parts::read_counters() const {
  const int cpus = libbpf_num_possible_cpus();
  std::vector<std::uint64_t> added(TMBPF_COUNTERS, 0);
  std::vector<std::uint64_t> values(static_cast<std::size_t>(std::max(cpus, 1)) * TMBPF_COUNTERS);
  const std::uint32_t zero = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.counters), &zero, values.data()) == 0) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      added[i % TMBPF_COUNTERS] += values[i];
    }
  }
  return added;
}

TraceStatus Tracer::status(bool fresh) {
  const auto held = parts_->hold_method();
  const auto age = fresh ? std::chrono::milliseconds(0) : kRecentSweep;
  parts_->sweep_heap(age);
  const StackSum estimated = parts_->look(age);
  const std::vector<std::uint64_t> counters = parts_->read_counters();
  const auto& totals = parts_->skeleton->bss->totals;
  const StackSum hidden = parts_->collector.hidden_sum();
  TraceStatus status{.pid = parts_->target.identity.pid,
                     .command = parts_->target.identity.command,
                     .version = parts_->target.version.text(),
                     .state = parts_->state,
                     .replaced_allocator = parts_->replaced,
                     .mode = parts_->options.mode,
                     .method = parts_->method(),
                     .frames = parts_->options.frames,
                     .traced_current = totals.traced_current - hidden.bytes + estimated.bytes,
                     .traced_peak = parts_->peak(),
                     .traces = totals.traces - hidden.blocks + estimated.blocks,
                     .max_traces = parts_->options.max_traces,
                     .requests = counters[TMBPF_COUNT_REQUESTS],
                     .frees = counters[TMBPF_COUNT_FREES]};
  status.kernel_memory = map_memory(*parts_->skeleton) + parts_->chunks.memory();
  status.tracer_memory = status.kernel_memory + private_bytes(::getpid()) +
                         (parts_->sampler ? parts_->sampler->keepers().memory() : 0);
  status.process_rss =
      parts_->state == TargetState::running ? resident_bytes(parts_->target.identity.pid) : 0;
  status.sites = parts_->links->size();
  status.elapsed = now_seconds() - parts_->attached_at;
  status.attached_at = parts_->attached_at;
  status.attach_seconds = parts_->attach_seconds;
  status.filters = to_lines(parts_->options.filters);
  status.filtered = counters[TMBPF_COUNT_FILTERED];
  status.losses = describe_losses(counters, parts_->collector.counts());
  parts_->add_budget(status);
  if (auto loss = parts_->unswept(status.requests)) {
    status.losses.push_back(std::move(*loss));
  }
  return status;
}

bool Tracer::Parts::has_heap() const {
  return state == TargetState::running && skeleton->bss->totals.stopped == 0;
}

CoverageWatch* Tracer::Parts::current_coverage() {
  if (!has_coverage()) {
    return nullptr;
  }
  if (method() == TraceMode::live) {
    coverage->sees_no_frees();
  }
  return &*coverage;
}

bool Tracer::Parts::has_coverage() const {
  return coverage && method() != TraceMode::sampled && !(auto_mode && auto_mode->is_stepping()) &&
         has_heap() && options.filters.empty();
}

void Tracer::add_causes(std::optional<Coverage>& coverage) {
  if (coverage) {
    coverage->causes = missing_causes(coverage->missing, status().losses);
  }
}

std::optional<Coverage> Tracer::coverage() {
  CoverageWatch* const watch = parts_->current_coverage();
  auto coverage = watch != nullptr ? watch->measure() : std::nullopt;
  if (!parts_->has_coverage()) {
    return std::nullopt;  // mode auto has stepped down meanwhile
  }
  add_causes(coverage);
  return coverage;
}

RecentCoverage Tracer::recent_coverage(std::chrono::milliseconds patience) {
  CoverageWatch* const watch = parts_->current_coverage();
  auto recent = watch != nullptr ? watch->recent(patience) : RecentCoverage();
  if (!parts_->has_coverage()) {
    return {};
  }
  add_causes(recent.coverage);
  return recent;
}

}  // namespace tmbpf
