// SPDX-License-Identifier: Apache-2.0
// What a tracer is made of; kept out of its header so that its users need none of this.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/budget/auto_mode.h"
#include "userspace/trace/chunks_map.h"
#include "userspace/trace/collector.h"
#include "userspace/trace/coverage_watch.h"
#include "userspace/trace/event_reader.h"
#include "userspace/trace/heap_sweep.h"
#include "userspace/trace/kernel_support.h"
#include "userspace/trace/live_filter.h"
#include "userspace/trace/probe_links.h"
#include "userspace/trace/sampling/sampler.h"
#include "userspace/trace/stack_sums.h"
#include "userspace/trace/target_lock.h"
#include "userspace/trace/tracer.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

struct Tracer::Parts {
  // Attaches; throws as Tracer does.
  Parts(PythonTarget python, TraceOptions asked);

  bool take_process_events();
  void heal_children();
  [[nodiscard]] std::uint32_t domain_of(const LiveBlock& block) const;
  [[nodiscard]] bool hides(const LiveBlock& block) const;
  [[nodiscard]] std::vector<std::uint64_t> read_counters() const;
  [[nodiscard]] bool has_heap() const;      // that can be read, and is what was traced
  [[nodiscard]] bool has_coverage() const;  // every block since the attach should be recorded
  // How allocations are followed now; never automatic.
  [[nodiscard]] TraceMode method() const { return auto_mode ? auto_mode->mode() : first; }
  // Mode auto: while this is held, no step moves what is recorded.
  [[nodiscard]] std::unique_lock<std::recursive_mutex> hold_method();
  void attach();
  [[nodiscard]] std::uint64_t peak() const;  // bytes
  void forget_peak();
  void add_budget(TraceStatus& status) const;
  CoverageWatch* current_coverage();  // null: !has_coverage()
  // Live mode: takes out what was freed since, unless that was done less than `age` ago. Where it
  // cannot, blocks since the last time may have been freed: unswept().
  void sweep_heap(std::chrono::milliseconds age = std::chrono::milliseconds(0));
  // Mode sampled: what is estimated, at most so old.
  StackSum look(std::chrono::milliseconds age);
  // Mode sampled: what the heap holds besides the traces, at most so old; else nothing.
  Estimate estimate(std::chrono::milliseconds age = std::chrono::milliseconds(0));
  void add_estimate(Snapshot& snapshot, const Estimate& estimate);
  // What the estimate shows: without what filters leave out.
  [[nodiscard]] StackSum sum_of(const Estimate& estimate) const;
  [[nodiscard]] std::optional<Loss> unswept(std::uint64_t requests) const;

  // In the order of their making: each uses those before it.
  PythonTarget target;
  TraceOptions options;
  KernelSupport support;
  TargetLock lock;
  SkeletonPtr skeleton;
  ChunksMap chunks;
  TracesMap traces;
  StackSums sums;
  LiveFilter filter;
  Collector collector;
  std::unique_ptr<EventReader> reader;
  std::optional<ProbeLinks> links;
  std::optional<CoverageWatch> coverage;
  std::optional<HeapSweep> sweep;     // modes live and auto
  std::optional<Sampler> sampler;     // modes sampled and auto
  std::optional<AutoMode> auto_mode;  // mode auto, where it can step down
  TraceMode first = TraceMode::exact;
  std::uint64_t estimated_bytes = 0;  // at the last look
  std::uint64_t estimated_peak = 0;   // bytes, of all looks, with what is recorded
  std::chrono::steady_clock::time_point swept;
  std::uint64_t requests_swept = 0;  // requests at that time
  TargetState state = TargetState::running;
  std::string replaced;
  std::vector<ProcessEvent> family_events;
  double attached_at = 0;  // Unix seconds
  double attach_seconds = 0;
};

}  // namespace tmbpf
