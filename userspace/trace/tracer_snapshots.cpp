// SPDX-License-Identifier: Apache-2.0
// What a tracer's maps hold, as snapshots.
#include <bpf/libbpf.h>

#include <algorithm>

#include "bpf/tmbpf.h"
#include "tmbpf.skel.h"
#include "userspace/trace/now_seconds.h"
#include "userspace/trace/process_metrics_of.h"
#include "userspace/trace/snapshot_metadata_of.h"
#include "userspace/trace/tracer_parts.h"

namespace tmbpf {
namespace {

// Whole sizes that add up to the sum.
void add_sum(Snapshot& snapshot, TracebackId traceback, const StackSum& sum) {
  const std::uint64_t larger = sum.bytes % sum.blocks;
  const std::uint64_t size = sum.bytes / sum.blocks;
  if (larger < sum.blocks) {
    snapshot.add_trace(
        {.traceback = traceback, .size = size, .weight = static_cast<double>(sum.blocks - larger)});
  }
  if (larger > 0) {
    snapshot.add_trace(
        {.traceback = traceback, .size = size + 1, .weight = static_cast<double>(larger)});
  }
}

}  // namespace

std::uint32_t Tracer::Parts::domain_of(const LiveBlock& block) const {
  const auto& domains = skeleton->bss->domains;
  return block.domain == 0 || block.domain > TMBPF_MAX_DOMAINS ? 0
                                                               : domains.domain[block.domain - 1];
}

bool Tracer::Parts::hides(const LiveBlock& block) const {
  return collector.hides(block.trace.stack, block.domain);
}

StackSum Tracer::Parts::sum_of(const Estimate& estimate) const {
  double bytes = 0;
  double blocks = 0;
  for (const EstimatedTrace& trace : estimate.traces) {
    if (!collector.hides(trace.stack, 0)) {
      bytes += trace.weight * static_cast<double>(trace.size);
      blocks += trace.weight;
    }
  }
  return {.bytes = static_cast<std::uint64_t>(bytes) + estimate.unknown_bytes,
          .blocks = static_cast<std::uint64_t>(blocks) + estimate.unknown};
}

// Blocks of size classes of which no sampled one lives stand for themselves, without a stack.
void Tracer::Parts::add_estimate(Snapshot& snapshot, const Estimate& estimate) {
  for (const EstimatedTrace& trace : estimate.traces) {
    if (trace.weight > 0 && !collector.hides(trace.stack, 0)) {
      snapshot.add_trace(
          {.traceback = collector.resolve(trace.stack),
           .size = trace.size,
           .weight = trace.weight,
           .replicates = trace.sure ? 0 : snapshot.add_replicates(trace.replicates)});
    }
  }
  if (estimate.unknown != 0) {
    snapshot.add_trace({.traceback = collector.resolve(TMBPF_STACK_UNKNOWN),
                        .size = estimate.unknown_bytes / estimate.unknown,
                        .weight = static_cast<double>(estimate.unknown)});
  }
}

Snapshot Tracer::summary() {
  const auto held = parts_->hold_method();
  parts_->sweep_heap();
  const auto& totals = parts_->skeleton->bss->totals;
  if (totals.hashed != 0) {
    return snapshot();
  }
  const Estimate estimate = parts_->estimate(std::chrono::milliseconds(500));
  parts_->reader->drain();
  Snapshot summary(parts_->collector.table());
  const std::uint64_t end =
      std::min<std::uint64_t>(TMBPF_STACK_FIRST + totals.stacks, parts_->sums.size());
  for (std::uint64_t stack = 0; stack < end; ++stack) {
    const StackSum sum = parts_->sums.read(stack);
    if (sum.blocks != 0 && !parts_->collector.hides(stack, 0)) {
      add_sum(summary, parts_->collector.resolve(stack), sum);
    }
  }
  parts_->add_estimate(summary, estimate);
  const TraceStatus now = status();
  summary.set_traceback_limit(now.frames);
  summary.set_metadata(snapshot_metadata_of(now, std::nullopt, now_seconds()));
  return summary;
}

Snapshot Tracer::snapshot(const std::optional<Coverage>& coverage, bool addresses) {
  const auto held = parts_->hold_method();
  parts_->sweep_heap();
  const std::vector<LiveBlock> blocks = parts_->traces.read();
  const Estimate estimate = parts_->estimate();
  parts_->reader->drain();
  Snapshot snapshot(parts_->collector.table());
  for (const LiveBlock& block : blocks) {
    if (parts_->hides(block)) {
      continue;
    }
    snapshot.add_trace({.domain = parts_->domain_of(block),
                        .traceback = parts_->collector.resolve(block.trace.stack),
                        .size = block.trace.size,
                        .address = addresses ? block.address : 0});
  }
  parts_->add_estimate(snapshot, estimate);
  const TraceStatus now = status();
  snapshot.set_traceback_limit(now.frames);
  snapshot.set_metadata(snapshot_metadata_of(now, coverage, now_seconds()));
  return snapshot;
}

Snapshot Tracer::find_object(std::uint64_t address) {
  const auto held = parts_->hold_method();
  parts_->sweep_heap();
  auto block = parts_->traces.find(address);
  if (!block && parts_->method() == TraceMode::sampled) {
    block = parts_->sampler->find(address);
  }
  parts_->reader->drain();
  Snapshot snapshot(parts_->collector.table());
  if (block && !parts_->hides(*block)) {
    snapshot.add_trace({.domain = parts_->domain_of(*block),
                        .traceback = parts_->collector.resolve(block->trace.stack),
                        .size = block->trace.size,
                        .address = block->address});
  }
  return snapshot;
}

Snapshot Tracer::full_snapshot(bool addresses) {
  const auto coverage = this->coverage();
  Snapshot full = snapshot(coverage, addresses);
  ProcessMetrics metrics;
  if (parts_->state == TargetState::running) {
    metrics = process_metrics_of(parts_->target, parts_->has_heap());
  }
  metrics.tracer_memory = status().tracer_memory;
  for (auto& [key, value] : to_metadata(metrics)) {
    full.set_metadata(key, value);
  }
  return full;
}

}  // namespace tmbpf
