// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "bpf/tmbpf.h"
#include "symbols/heap/arena_table.h"
#include "symbols/process/process_memory.h"
#include "symbols/traceable.h"
#include "tmbpf.skel.h"
#include "userspace/trace/coverage.h"
#include "userspace/trace/loss_counters.h"
#include "userspace/trace/memory_room.h"
#include "userspace/trace/now_seconds.h"
#include "userspace/trace/running_programs.h"
#include "userspace/trace/skeleton_settings.h"
#include "userspace/trace/tracer_parts.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::chrono::milliseconds kRecentSweep{500};  // before a status

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

void require_windows(const TraceOptions& options, const KernelSupport& support) {
  if (options.mode == TraceMode::sampled && !support.uprobe_multi) {
    throw Error("mode sampled cannot be had on this kernel: its probes take seconds to detach",
                "use --mode exact or live, or a kernel with uprobe_multi links (Linux 6.6)");
  }
}

SkeletonPtr load_traceable(const PythonTarget& target, const TraceOptions& options,
                           const KernelSupport& support) {
  require_traceable(target, options.freelists);
  require_windows(options, support);
  require_memory_room(target);
  return load_skeleton(skeleton_settings(target, options, support.uprobe_multi), target.plan);
}

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

// No new trace while it lives.
class Clearing {
 public:
  explicit Clearing(tmbpf_totals& totals) : clearing_(totals.clearing) { clearing_.store(1); }
  Clearing(const Clearing&) = delete;
  Clearing& operator=(const Clearing&) = delete;
  ~Clearing() { clearing_.store(0); }

 private:
  std::atomic_ref<std::uint32_t> clearing_;
};

ProcessEvent process_event(const tmbpf_process_event& event) {
  return {.kind = event.kind == TMBPF_EVENT_FORK ? ProcessEvent::Kind::forked
                                                 : ProcessEvent::Kind::executed,
          .pid = static_cast<pid_t>(event.tgid),
          .child = static_cast<pid_t>(event.child),
          .start = event.start};
}

}  // namespace

Tracer::Parts::Parts(PythonTarget python, TraceOptions asked)
    : target(std::move(python)),
      options(std::move(asked)),
      support(sufficient_support()),
      lock(target.identity.pid),
      skeleton(load_traceable(target, options, support)),
      chunks({.chunks = bpf_map__fd(skeleton->maps.chunks),
              .regions = bpf_map__fd(skeleton->maps.regions)},
             skeleton->bss->totals, count_arenas(target)),
      traces(bpf_map__fd(skeleton->maps.traces), chunks),
      sums(bpf_map__fd(skeleton->maps.stack_sums), bpf_map__max_entries(skeleton->maps.stack_sums)),
      filter(sums,
             {.code_verdicts = bpf_map__fd(skeleton->maps.code_verdicts),
              .dropped_codes = bpf_map__fd(skeleton->maps.dropped_codes),
              .stacks = bpf_map__fd(skeleton->maps.stacks)},
             skeleton->bss->domains, skeleton->bss->filters),
      collector(ProcessMemory(target.identity.pid), target.python, target.layout.line_table) {
  options.frames = std::clamp<std::uint32_t>(options.frames, 1, TMBPF_MAX_FRAMES);
  collector.set_filter(filter);
  collector.filter_by(options.filters);
  reader = std::make_unique<EventReader>(bpf_map__fd(skeleton->maps.events), collector,
                                         [this] { chunks.keep_spare(); });
  if (options.mode == TraceMode::live) {
    sweep.emplace(target.identity.pid, target.python, chunks, sums, skeleton->bss->totals);
  }
  const double begin = now_seconds();
  links.emplace(*skeleton, target, options, support.uprobe_multi);
  attached_at = now_seconds();
  attach_seconds = attached_at - begin + target.planning_seconds;
  if (options.mode == TraceMode::sampled) {
    sampler.emplace(*skeleton, target, traces, sums, options.freelists, options.max_slowdown);
  } else {
    coverage.emplace(target.identity.pid, target.python, traces, !sweep);
  }
  if (!still_runs(target.identity)) {
    throw Error(fmt::format("process {} ended while tmbpf attached to it", target.identity.pid), "",
                ExitStatus::target);
  }
}

Tracer::Tracer(PythonTarget target, TraceOptions options)
    : parts_(std::make_unique<Parts>(std::move(target), std::move(options))) {}

Tracer::Tracer(pid_t pid, const TraceOptions& options) : Tracer(open_python_target(pid), options) {}

Tracer::~Tracer() = default;

void Tracer::detach() {
  if (parts_->sampler) {
    parts_->sampler->stop();
  }
  if (parts_->links) {
    parts_->links->detach();
  }
}

TargetState Tracer::poll() {
  parts_->reader->clear_news();
  parts_->reader->drain();
  const bool executed = parts_->take_process_events();
  if (parts_->state != TargetState::running) {
    return parts_->state;
  }
  // In this order: a new process of the same pid executes its program too.
  if (!still_runs(parts_->target.identity)) {
    parts_->state = TargetState::exited;
  } else if (executed) {
    parts_->state = TargetState::executed;
  } else {
    if (parts_->filter.is_outdated()) {
      parts_->collector.filter_by(parts_->options.filters);
    }
    if (parts_->replaced.empty()) {  // what it has allocated stays unseen when it goes
      parts_->replaced = untraced_allocator(parts_->target);
    }
    return parts_->state;
  }
  detach();
  return parts_->state;
}

// Frees forked children of the breakpoints that they inherited, and keeps the events for who
// follows them. Whether the target itself executed a new program.
bool Tracer::Parts::take_process_events() {
  bool forked = false;
  bool executed = false;
  for (const tmbpf_process_event& event : collector.take_process_events()) {
    const bool own = static_cast<pid_t>(event.tgid) == target.identity.pid;
    executed = executed || (own && event.kind == TMBPF_EVENT_EXEC);
    forked = forked || event.kind == TMBPF_EVENT_FORK;
    if (options.follow) {
      family_events.push_back(process_event(event));
    }
  }
  if (forked && state == TargetState::running) {
    heal_children();
  }
  return executed;
}

void Tracer::Parts::heal_children() {
  try {
    links->heal_children(target);
  } catch (const Error&) {
    // The file is opened through the target. When that is gone, detaching frees the children.
    if (still_runs(target.identity)) {
      throw;
    }
  }
}

std::vector<ProcessEvent> Tracer::take_family_events() {
  return std::exchange(parts_->family_events, {});
}

void Tracer::watch(pid_t descendant) {
  const auto key = static_cast<std::uint32_t>(descendant);
  const std::uint8_t member = 1;
  bpf_map_update_elem(bpf_map__fd(parts_->skeleton->maps.family), &key, &member, BPF_ANY);
}

void Tracer::retire() {
  if (parts_->state == TargetState::running) {
    parts_->state = TargetState::executed;
  }
  detach();
  parts_->lock.release();
}

std::uint64_t Tracer::traced_current() const {
  return parts_->skeleton->bss->totals.traced_current - parts_->collector.hidden_sum().bytes +
         parts_->estimated_bytes;
}

TargetState Tracer::state() const { return parts_->state; }

int Tracer::news_fd() const { return parts_->reader->news_fd(); }

const PythonTarget& Tracer::target() const { return parts_->target; }

const RecordingFilters& Tracer::filters() const { return parts_->options.filters; }

bool Tracer::at_end() const { return parts_->skeleton->bss->totals.at_end != 0; }

void Tracer::set_filters(const RecordingFilters& filters) {
  const bool fewer = !parts_->options.filters.empty() && filters.empty();
  parts_->reader->drain();  // what was met before
  parts_->options.filters = filters;
  parts_->collector.filter_by(filters);
  if (fewer && parts_->coverage && parts_->state == TargetState::running) {
    parts_->coverage->renew_baseline();  // what they left out is not missing
  }
}

TakenTraces Tracer::clear() {
  auto& totals = parts_->skeleton->bss->totals;
  const Clearing clearing(totals);
  wait_for_programs();
  const TakenTraces taken = parts_->traces.take_all(parts_->sums);
  std::atomic_ref(totals.traces).fetch_sub(taken.blocks);
  std::atomic_ref(totals.traced_current).fetch_sub(taken.bytes);
  std::atomic_ref(totals.traced_peak).store(0);
  if (parts_->sweep) {
    parts_->sweep->reset_peak();
  }
  if (parts_->sampler) {
    const StackSum sum = parts_->sum_of(parts_->sampler->estimate());
    parts_->sampler->clear();
    parts_->estimated_bytes = 0;
    parts_->estimated_peak = 0;
    return {.blocks = taken.blocks + sum.blocks, .bytes = taken.bytes + sum.bytes};
  }
  if (parts_->state == TargetState::running) {
    parts_->coverage->renew_baseline();
  }
  return taken;
}

void Tracer::Parts::sweep_heap(std::chrono::milliseconds age) {
  const auto now = std::chrono::steady_clock::now();
  if (!sweep || !has_heap() || now - swept < age) {
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

StackSum Tracer::Parts::look(std::chrono::milliseconds age) {
  if (!sampler) {
    return {};
  }
  const StackSum sum = sum_of(sampler->estimate(age));
  estimated_bytes = sum.bytes;
  estimated_peak =
      std::max<std::uint64_t>(estimated_peak, sum.bytes + skeleton->bss->totals.traced_current);
  return sum;
}

std::optional<Loss> Tracer::Parts::unswept(std::uint64_t requests) const {
  if (!sweep || has_heap() || requests == requests_swept) {
    return std::nullopt;
  }
  return Loss{.what =
                  "allocations since the heap was last read: what of them was freed before the "
                  "end is not known, and counts as live",
              .key = "unswept",
              .count = requests - requests_swept};
}

// The programs raise the peak themselves: what they add between the two steps is not lost.
void Tracer::reset_peak() {
  if (parts_->sweep) {
    parts_->sweep_heap();
    parts_->sweep->reset_peak();
  }
  parts_->estimated_peak = 0;
  parts_->look(std::chrono::milliseconds(0));
  const std::atomic_ref current(parts_->skeleton->bss->totals.traced_current);
  std::atomic_ref peak(parts_->skeleton->bss->totals.traced_peak);
  peak.store(current.load());
  auto known = peak.load();
  for (auto now = current.load(); now > known && !peak.compare_exchange_weak(known, now);) {
    now = current.load();
  }
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
                     .frames = parts_->options.frames,
                     .traced_current = totals.traced_current - hidden.bytes + estimated.bytes,
                     .traced_peak = parts_->sampler ? parts_->estimated_peak
                                    : parts_->sweep ? parts_->sweep->peak()
                                                    : totals.traced_peak,
                     .traces = totals.traces - hidden.blocks + estimated.blocks,
                     .max_traces = parts_->options.max_traces,
                     .requests = counters[TMBPF_COUNT_REQUESTS],
                     .frees = counters[TMBPF_COUNT_FREES]};
  status.kernel_memory = map_memory(*parts_->skeleton) + parts_->chunks.memory();
  status.tracer_memory = status.kernel_memory + private_bytes(::getpid());
  status.process_rss =
      parts_->state == TargetState::running ? resident_bytes(parts_->target.identity.pid) : 0;
  status.sites = parts_->links->size();
  status.elapsed = now_seconds() - parts_->attached_at;
  status.attached_at = parts_->attached_at;
  status.attach_seconds = parts_->attach_seconds;
  status.filters = to_lines(parts_->options.filters);
  status.filtered = counters[TMBPF_COUNT_FILTERED];
  status.losses = describe_losses(counters, parts_->collector.counts());
  if (parts_->sampler) {
    status.sampling = parts_->sampler->status();
    status.sites += status.sampling->probes;
    add_losses(status.losses, *status.sampling);
  }
  if (auto loss = parts_->unswept(status.requests)) {
    status.losses.push_back(std::move(*loss));
  }
  return status;
}

bool Tracer::Parts::has_heap() const {
  return state == TargetState::running && skeleton->bss->totals.stopped == 0;
}

bool Tracer::Parts::has_coverage() const {
  return coverage && has_heap() && options.filters.empty();
}

void Tracer::add_causes(std::optional<Coverage>& coverage) {
  if (coverage) {
    coverage->causes = missing_causes(coverage->missing, status().losses);
  }
}

std::optional<Coverage> Tracer::coverage() {
  auto coverage = parts_->has_coverage() ? parts_->coverage->measure() : std::nullopt;
  add_causes(coverage);
  return coverage;
}

RecentCoverage Tracer::recent_coverage(std::chrono::milliseconds patience) {
  auto recent = parts_->has_coverage() ? parts_->coverage->recent(patience) : RecentCoverage();
  add_causes(recent.coverage);
  return recent;
}

}  // namespace tmbpf
