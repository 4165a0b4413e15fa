// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "symbols/process/process_memory.h"
#include "tmbpf.skel.h"
#include "userspace/trace/loss_counters.h"
#include "util/error.h"

namespace tmbpf {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Asked before the lock, so that who lacks a privilege hears which.
KernelSupport sufficient_support() {
  KernelSupport support = probe_kernel();
  require_support(support);
  return support;
}

SkeletonSettings settings_of(const PythonTarget& target, const TraceOptions& options, bool multi) {
  SkeletonSettings settings{
      .python = target.python, .max_traces = options.max_traces, .uprobe_multi = multi};
  settings.config.hold_at_end = options.stop_at_end ? 1 : 0;
  settings.config.max_frames = std::clamp<std::uint32_t>(options.frames, 1, TMBPF_MAX_FRAMES);
  return settings;
}

}  // namespace

Tracer::Tracer(PythonTarget target, const TraceOptions& options)
    : target_(std::move(target)),
      options_(options),
      support_(sufficient_support()),
      lock_(target_.identity.pid),
      collector_(ProcessMemory(target_.identity.pid), target_.python) {
  require_traceable();
  skeleton_ = load_skeleton(settings_of(target_, options_, support_.uprobe_multi), target_.plan);
  reader_ = std::make_unique<EventReader>(bpf_map__fd(skeleton_->maps.events), collector_);
  const double begin = now_seconds();
  links_.emplace(*skeleton_, target_, support_.uprobe_multi, options_.bare);
  attached_at_ = now_seconds();
  attach_seconds_ = attached_at_ - begin + target_.planning_seconds;
  baseline_ = read_pymalloc_heap(ProcessMemory(target_.identity.pid), target_.python).blocks;
  if (!still_runs(target_.identity)) {
    throw Error(fmt::format("process {} ended while tmbpf attached to it", target_.identity.pid),
                "", ExitStatus::target);
  }
}

Tracer::~Tracer() = default;

void Tracer::require_traceable() const {
  const std::string replaced = replaced_allocator(target_);
  if (!replaced.empty()) {
    throw Error(
        fmt::format("process {} ({}) does not use CPython's default allocator: {} took its place",
                    target_.identity.pid, target_.identity.command, replaced),
        "restart it without that, or look at it with what replaced the allocator",
        ExitStatus::target);
  }
  for (const PlanCheck& check : target_.plan.checks) {
    if (!check.passed) {
      throw Error(fmt::format("cannot prove that every allocation of {} would be seen: {} ({})",
                              target_.image_path, check.name, check.detail),
                  fmt::format("`tmbpf check --pid {}` lists every check; please report this build",
                              target_.identity.pid),
                  ExitStatus::target);
    }
  }
}

void Tracer::detach() {
  if (links_) {
    links_->detach();
  }
}

TargetState Tracer::poll() {
  reader_->drain();
  if (state_ != TargetState::running) {
    return state_;
  }
  // In this order: a new process of the same pid executes its program too.
  if (!still_runs(target_.identity)) {
    state_ = TargetState::exited;
  } else if (collector_.executed()) {
    state_ = TargetState::executed;
  } else {
    if (!collector_.take_forks().empty()) {
      links_->heal_children(target_);
    }
    replaced_ = replaced_allocator(target_);
    return state_;
  }
  detach();
  return state_;
}

bool Tracer::at_end() const { return skeleton_->bss->totals.at_end != 0; }

std::vector<LiveBlock> Tracer::live_blocks() const {
  return read_traces(bpf_map__fd(skeleton_->maps.traces));
}

Snapshot Tracer::snapshot() {
  const std::vector<LiveBlock> blocks = live_blocks();
  reader_->drain();
  Snapshot snapshot(collector_.table());
  snapshot.reserve_traces(blocks.size());
  for (const LiveBlock& block : blocks) {
    snapshot.add_trace({.traceback = collector_.resolve(block.trace.stack),
                        .size = block.trace.size,
                        .address = block.address});
  }
  const TraceStatus now = status();
  snapshot.set_traceback_limit(now.frames);
  snapshot.set_metadata("pid", static_cast<std::int64_t>(now.pid));
  snapshot.set_metadata("command", now.command);
  snapshot.set_metadata("time", now_seconds());
  snapshot.set_metadata("elapsed", now.elapsed);
  snapshot.set_metadata("current", static_cast<std::int64_t>(now.traced_current));
  snapshot.set_metadata("peak", static_cast<std::int64_t>(now.traced_peak));
  snapshot.set_metadata("lost", static_cast<std::int64_t>(now.lost()));
  snapshot.set_metadata("rss", static_cast<std::int64_t>(now.process_rss));
  snapshot.set_metadata("mode", "exact");
  snapshot.set_metadata("state", std::string(to_string(now.state)));
  return snapshot;
}

std::vector<std::uint64_t> Tracer::read_counters() const {
  const int cpus = libbpf_num_possible_cpus();
  std::vector<std::uint64_t> sums(TMBPF_COUNTERS, 0);
  std::vector<std::uint64_t> values(static_cast<std::size_t>(std::max(cpus, 1)) * TMBPF_COUNTERS);
  const std::uint32_t zero = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.counters), &zero, values.data()) == 0) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[i % TMBPF_COUNTERS] += values[i];
    }
  }
  return sums;
}

TraceStatus Tracer::status() {
  const std::vector<std::uint64_t> counters = read_counters();
  const auto& totals = skeleton_->bss->totals;
  TraceStatus status{.pid = target_.identity.pid,
                     .command = target_.identity.command,
                     .version = target_.version.text(),
                     .state = state_,
                     .replaced_allocator = replaced_,
                     .frames = options_.frames,
                     .traced_current = totals.traced_current,
                     .traced_peak = totals.traced_peak,
                     .traces = totals.traces,
                     .max_traces = options_.max_traces,
                     .requests = counters[TMBPF_COUNT_REQUESTS],
                     .frees = counters[TMBPF_COUNT_FREES]};
  status.kernel_memory = map_memory(*skeleton_);
  status.tracer_memory = status.kernel_memory + private_bytes(::getpid());
  status.process_rss = state_ == TargetState::exited ? 0 : resident_bytes(target_.identity.pid);
  status.sites = links_->size();
  status.elapsed = now_seconds() - attached_at_;
  status.attach_seconds = attach_seconds_;
  status.losses = describe_losses(counters, collector_.counts());
  return status;
}

std::optional<Coverage> Tracer::coverage() {
  if (state_ != TargetState::running || skeleton_->bss->totals.stopped != 0) {
    return std::nullopt;
  }
  const int map_fd = bpf_map__fd(skeleton_->maps.traces);
  return measure_coverage(
      ProcessMemory(target_.identity.pid), target_.python, baseline_,
      {.read_all = [map_fd] { return read_traces(map_fd); },
       .contains = [map_fd](std::uint64_t address) { return has_trace(map_fd, address); }});
}

}  // namespace tmbpf
