// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "symbols/heap/arena_table.h"
#include "symbols/process/process_memory.h"
#include "symbols/traceable.h"
#include "tmbpf.skel.h"
#include "userspace/trace/loss_counters.h"
#include "userspace/trace/memory_room.h"
#include "userspace/trace/now_seconds.h"
#include "userspace/trace/running_programs.h"
#include "userspace/trace/skeleton_settings.h"
#include "util/error.h"

namespace tmbpf {
namespace {

std::uint32_t count_arenas(const PythonTarget& target) {
  const auto table = read_arena_table(ProcessMemory(target.identity.pid), target.python);
  return table ? static_cast<std::uint32_t>(table->arenas.size()) : 0;
}

// Asked before the lock, so that who lacks a privilege hears which.
KernelSupport sufficient_support() {
  KernelSupport support = probe_kernel();
  require_support(support);
  return support;
}

SkeletonPtr load_traceable(const PythonTarget& target, const TraceOptions& options,
                           const KernelSupport& support) {
  require_traceable(target, options.freelists);
  require_memory_room(target);
  return load_skeleton(skeleton_settings(target, options, support.uprobe_multi), target.plan);
}

}  // namespace

Tracer::Tracer(PythonTarget target, TraceOptions options)
    : target_(std::move(target)),
      options_(std::move(options)),
      support_(sufficient_support()),
      lock_(target_.identity.pid),
      skeleton_(load_traceable(target_, options_, support_)),
      chunks_({.chunks = bpf_map__fd(skeleton_->maps.chunks),
               .regions = bpf_map__fd(skeleton_->maps.regions)},
              skeleton_->bss->totals, count_arenas(target_)),
      traces_(bpf_map__fd(skeleton_->maps.traces), chunks_),
      sums_(bpf_map__fd(skeleton_->maps.stack_sums),
            bpf_map__max_entries(skeleton_->maps.stack_sums)),
      filter_(sums_,
              {.code_verdicts = bpf_map__fd(skeleton_->maps.code_verdicts),
               .dropped_codes = bpf_map__fd(skeleton_->maps.dropped_codes),
               .stacks = bpf_map__fd(skeleton_->maps.stacks)},
              skeleton_->bss->domains, skeleton_->bss->filters),
      collector_(ProcessMemory(target_.identity.pid), target_.python, target_.layout.line_table) {
  collector_.set_filter(filter_);
  collector_.filter_by(options_.filters);
  reader_ = std::make_unique<EventReader>(bpf_map__fd(skeleton_->maps.events), collector_,
                                          [this] { chunks_.keep_spare(); });
  const double begin = now_seconds();
  links_.emplace(*skeleton_, target_, options_, support_.uprobe_multi);
  attached_at_ = now_seconds();
  attach_seconds_ = attached_at_ - begin + target_.planning_seconds;
  coverage_.emplace(target_.identity.pid, target_.python, traces_);
  if (!still_runs(target_.identity)) {
    throw Error(fmt::format("process {} ended while tmbpf attached to it", target_.identity.pid),
                "", ExitStatus::target);
  }
}

Tracer::~Tracer() = default;

void Tracer::detach() {
  if (links_) {
    links_->detach();
  }
}

TargetState Tracer::poll() {
  reader_->clear_news();
  reader_->drain();
  const bool executed = take_process_events();
  if (state_ != TargetState::running) {
    return state_;
  }
  // In this order: a new process of the same pid executes its program too.
  if (!still_runs(target_.identity)) {
    state_ = TargetState::exited;
  } else if (executed) {
    state_ = TargetState::executed;
  } else {
    if (filter_.is_outdated()) {
      collector_.filter_by(options_.filters);
    }
    if (replaced_.empty()) {  // what it has allocated stays unseen when it goes
      replaced_ = untraced_allocator(target_);
    }
    return state_;
  }
  detach();
  return state_;
}

// Frees forked children of the breakpoints that they inherited, and keeps the events for who
// follows them. Whether the target itself executed a new program.
bool Tracer::take_process_events() {
  bool forked = false;
  bool executed = false;
  for (const tmbpf_process_event& event : collector_.take_process_events()) {
    const bool own = static_cast<pid_t>(event.tgid) == target_.identity.pid;
    executed = executed || (own && event.kind == TMBPF_EVENT_EXEC);
    forked = forked || event.kind == TMBPF_EVENT_FORK;
    if (options_.follow) {
      family_events_.push_back(event);
    }
  }
  if (forked && state_ == TargetState::running) {
    heal_children();
  }
  return executed;
}

void Tracer::heal_children() {
  try {
    links_->heal_children(target_);
  } catch (const Error&) {
    // The file is opened through the target. When that is gone, detaching frees the children.
    if (still_runs(target_.identity)) {
      throw;
    }
  }
}

std::vector<tmbpf_process_event> Tracer::take_family_events() {
  return std::exchange(family_events_, {});
}

void Tracer::watch(pid_t descendant) {
  const auto key = static_cast<std::uint32_t>(descendant);
  const std::uint8_t member = 1;
  bpf_map_update_elem(bpf_map__fd(skeleton_->maps.family), &key, &member, BPF_ANY);
}

void Tracer::retire() {
  if (state_ == TargetState::running) {
    state_ = TargetState::executed;
  }
  detach();
  lock_.release();
}

std::uint64_t Tracer::traced_current() const {
  return skeleton_->bss->totals.traced_current - collector_.hidden_sum().bytes;
}

bool Tracer::at_end() const { return skeleton_->bss->totals.at_end != 0; }

void Tracer::set_filters(const RecordingFilters& filters) {
  const bool fewer = !options_.filters.empty() && filters.empty();
  reader_->drain();  // what was met before
  options_.filters = filters;
  collector_.filter_by(filters);
  if (fewer && state_ == TargetState::running) {
    coverage_->renew_baseline();  // what they left out is not missing
  }
}

TakenTraces Tracer::clear() {
  auto& totals = skeleton_->bss->totals;
  std::atomic_ref(totals.clearing).store(1);
  wait_for_programs();
  const TakenTraces taken = traces_.take_all(sums_);
  std::atomic_ref(totals.traces).fetch_sub(taken.blocks);
  std::atomic_ref(totals.traced_current).fetch_sub(taken.bytes);
  std::atomic_ref(totals.traced_peak).store(0);
  std::atomic_ref(totals.clearing).store(0);
  if (state_ == TargetState::running) {
    coverage_->renew_baseline();
  }
  return taken;
}

// The programs raise the peak themselves: what they add between the two steps is not lost.
void Tracer::reset_peak() {
  const std::atomic_ref current(skeleton_->bss->totals.traced_current);
  std::atomic_ref peak(skeleton_->bss->totals.traced_peak);
  peak.store(current.load());
  auto known = peak.load();
  for (auto now = current.load(); now > known && !peak.compare_exchange_weak(known, now);) {
    now = current.load();
  }
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
  const StackSum hidden = collector_.hidden_sum();
  TraceStatus status{.pid = target_.identity.pid,
                     .command = target_.identity.command,
                     .version = target_.version.text(),
                     .state = state_,
                     .replaced_allocator = replaced_,
                     .frames = options_.frames,
                     .traced_current = totals.traced_current - hidden.bytes,
                     .traced_peak = totals.traced_peak,
                     .traces = totals.traces - hidden.blocks,
                     .max_traces = options_.max_traces,
                     .requests = counters[TMBPF_COUNT_REQUESTS],
                     .frees = counters[TMBPF_COUNT_FREES]};
  status.kernel_memory = map_memory(*skeleton_) + chunks_.memory();
  status.tracer_memory = status.kernel_memory + private_bytes(::getpid());
  status.process_rss = state_ == TargetState::running ? resident_bytes(target_.identity.pid) : 0;
  status.sites = links_->size();
  status.elapsed = now_seconds() - attached_at_;
  status.attach_seconds = attach_seconds_;
  status.filters = to_lines(options_.filters);
  status.filtered = counters[TMBPF_COUNT_FILTERED];
  status.losses = describe_losses(counters, collector_.counts());
  return status;
}

bool Tracer::has_heap() const {
  return state_ == TargetState::running && skeleton_->bss->totals.stopped == 0 &&
         options_.filters.empty();
}

void Tracer::add_causes(std::optional<Coverage>& coverage) {
  if (coverage) {
    coverage->causes = missing_causes(coverage->missing, status().losses);
  }
}

std::optional<Coverage> Tracer::coverage() {
  auto coverage = has_heap() ? coverage_->measure() : std::nullopt;
  add_causes(coverage);
  return coverage;
}

CoverageWatch::Recent Tracer::recent_coverage(std::chrono::milliseconds patience) {
  auto recent = has_heap() ? coverage_->recent(patience) : CoverageWatch::Recent();
  add_causes(recent.coverage);
  return recent;
}

}  // namespace tmbpf
