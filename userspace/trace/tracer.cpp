// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "bpf/tmbpf.h"
#include "symbols/heap/arena_table.h"
#include "symbols/process/process_memory.h"
#include "symbols/traceable.h"
#include "tmbpf.skel.h"
#include "userspace/trace/coverage.h"
#include "userspace/trace/memory_room.h"
#include "userspace/trace/now_seconds.h"
#include "userspace/trace/running_programs.h"
#include "userspace/trace/skeleton_settings.h"
#include "userspace/trace/tracer_parts.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr double kSampler = 0.9;  // of mode auto's budget: looking and stepping cost, too

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
  first = first_method(options, support.uprobe_multi);
  attach();
  if (!still_runs(target.identity)) {
    throw Error(fmt::format("process {} ended while tmbpf attached to it", target.identity.pid), "",
                ExitStatus::target);
  }
}

void Tracer::Parts::attach() {
  const pid_t pid = target.identity.pid;
  const bool steps = options.mode == TraceMode::automatic && first == TraceMode::sampled;
  if (first == TraceMode::live || steps) {
    sweep.emplace(pid, target.python, chunks, sums, skeleton->bss->totals);
  }
  const double begin = now_seconds();
  links.emplace(*skeleton, target, options, first, support.uprobe_multi);
  if (first == TraceMode::sampled) {
    const double share = steps ? kSampler : 1;
    ::malloc_trim(0);  // the keepers of probes are copies of this process
    sampler.emplace(*skeleton, target, traces, sums, options.freelists, share * budget_of(options));
  }
  if (steps) {
    auto_mode.emplace(*skeleton, target, *sampler, *sweep, budget_of(options));
  }
  attached_at = now_seconds();
  attach_seconds = attached_at - begin + target.planning_seconds;
  const auto held = hold_method();
  if (method() != TraceMode::sampled && auto_mode) {
    auto_mode->watch();
  }
  BlockSet baseline = read_baseline(ProcessMemory(pid), target.python);
  if (sampler) {
    sampler->set_baseline(baseline);
  }
  coverage.emplace(pid, target.python, traces, method() == TraceMode::exact, std::move(baseline));
  if (method() == TraceMode::sampled) {
    auto_mode ? auto_mode->watch() : sampler->begin();
  }
}

std::unique_lock<std::recursive_mutex> Tracer::Parts::hold_method() {
  return auto_mode ? auto_mode->hold() : std::unique_lock<std::recursive_mutex>();
}

Tracer::Tracer(PythonTarget target, TraceOptions options)
    : parts_(std::make_unique<Parts>(std::move(target), std::move(options))) {}

Tracer::Tracer(pid_t pid, const TraceOptions& options) : Tracer(open_python_target(pid), options) {}

Tracer::~Tracer() = default;

void Tracer::detach() {
  if (parts_->auto_mode) {
    parts_->auto_mode->stop();
  } else if (parts_->sampler) {
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
  if (fewer && parts_->method() != TraceMode::sampled && parts_->state == TargetState::running) {
    parts_->coverage->renew_baseline();  // what they left out is not missing
  }
}

TakenTraces Tracer::clear() {
  const auto held = parts_->hold_method();
  auto& totals = parts_->skeleton->bss->totals;
  const Clearing clearing(totals);
  wait_for_programs();
  const TakenTraces taken = parts_->traces.take_all(parts_->sums);
  std::atomic_ref(totals.traces).fetch_sub(taken.blocks);
  std::atomic_ref(totals.traced_current).fetch_sub(taken.bytes);
  std::atomic_ref(totals.traced_peak).store(0);
  StackSum sum;
  if (parts_->method() == TraceMode::sampled) {
    sum = parts_->sum_of(parts_->sampler->estimate());
  } else if (parts_->state == TargetState::running) {
    parts_->coverage->renew_baseline();
  }
  if (parts_->sampler) {
    parts_->sampler->clear();
  }
  parts_->forget_peak();
  parts_->estimated_bytes = 0;
  return {.blocks = taken.blocks + sum.blocks, .bytes = taken.bytes + sum.bytes};
}

// The programs raise the peak themselves: what they add between the two steps is not lost.
void Tracer::reset_peak() {
  const auto held = parts_->hold_method();
  parts_->sweep_heap();
  parts_->forget_peak();
  parts_->look(std::chrono::milliseconds(0));
  const std::atomic_ref current(parts_->skeleton->bss->totals.traced_current);
  std::atomic_ref peak(parts_->skeleton->bss->totals.traced_peak);
  peak.store(current.load());
  auto known = peak.load();
  for (auto now = current.load(); now > known && !peak.compare_exchange_weak(known, now);) {
    now = current.load();
  }
}

}  // namespace tmbpf
