// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/session_member.h"

#include <utility>
#include <vector>

#include "userspace/files/snapshot_file.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::chrono::milliseconds kPatience{10};  // of a status with a coverage under way

nlohmann::json losses_json(const std::vector<Loss>& counted) {
  nlohmann::json losses = nlohmann::json::object();
  for (const Loss& loss : counted) {
    losses[loss.key] = {{"count", loss.count}, {"what", loss.what}};
  }
  return losses;
}

// `age`: seconds since it was measured.
nlohmann::json coverage_json(const std::optional<Coverage>& coverage, double age) {
  if (!coverage) {
    return {{"coverage", nullptr}, {"missing_blocks", nullptr}, {"blocks_before_attach", nullptr}};
  }
  return {{"coverage", coverage->share()},
          {"coverage_age", age},
          {"missing_blocks", coverage->missing},
          {"missing_bytes", coverage->bytes(&SizeClassCoverage::missing)},
          {"missing_causes", losses_json(coverage->causes)},
          {"blocks_before_attach", coverage->before},
          {"bytes_before_attach", coverage->bytes(&SizeClassCoverage::before)}};
}

nlohmann::json sampling_json(const SamplerStatus& sampling) {
  return {{"windows", sampling.windows},
          {"discarded", sampling.discarded},
          {"events", sampling.events},
          {"pools", sampling.pools},
          {"candidates", sampling.candidates},
          {"own_seconds", sampling.own_seconds},
          {"cost_seconds", sampling.cost_seconds},
          {"slowdown", sampling.slowdown()},
          {"elapsed", sampling.elapsed},
          {"target_seconds", sampling.target_seconds},
          {"trap_seconds", sampling.trap_seconds},
          {"program_seconds", sampling.program_seconds},
          {"small_span_seconds", sampling.small_span_seconds},
          {"raw_span_seconds", sampling.raw_span_seconds},
          {"raw_always", sampling.raw_always},
          {"raw_totals", sampling.raw_totals},
          {"malloc_chunks", sampling.malloc_chunks},
          {"malloc_unsettled", sampling.malloc_unsettled},
          {"malloc_seconds", sampling.malloc_seconds},
          {"probes", sampling.probes},
          {"failure", sampling.failure}};
}

nlohmann::json steps_json(const std::vector<ModeStep>& steps) {
  nlohmann::json list = nlohmann::json::array();
  for (const ModeStep& step : steps) {
    list.push_back({{"time", step.time},
                    {"from", to_string(step.from)},
                    {"to", to_string(step.to)},
                    {"reason", step.reason}});
  }
  return list;
}

// What is not known is left out.
nlohmann::json budget_json(const TraceStatus& status) {
  nlohmann::json budget{{"method", to_string(status.method)}};
  if (status.max_slowdown) {
    budget["max_slowdown"] = *status.max_slowdown;
  }
  if (status.slowdown) {
    budget["slowdown"] = *status.slowdown;
  }
  if (!status.steps.empty()) {
    budget["steps"] = steps_json(status.steps);
  }
  return budget;
}

Tracer& require(Tracer* tracer) {
  if (tracer == nullptr) {
    throw Error("what the process held could not be kept");
  }
  return *tracer;
}

}  // namespace

nlohmann::json status_json(Tracer& tracer, bool fresh) {
  const TraceStatus status = tracer.status(fresh);
  nlohmann::json text{{"pid", status.pid},
                      {"command", status.command},
                      {"python", status.version},
                      {"tracing", status.state == TargetState::running},
                      {"state", to_string(status.state)},
                      {"replaced_allocator", status.replaced_allocator},
                      {"mode", to_string(status.mode)},
                      {"frames", status.frames},
                      {"traced_current", status.traced_current},
                      {"traced_peak", status.traced_peak},
                      {"traces", status.traces},
                      {"max_traces", status.max_traces},
                      {"requests", status.requests},
                      {"frees", status.frees},
                      {"tracer_memory", status.tracer_memory},
                      {"kernel_memory", status.kernel_memory},
                      {"process_rss", status.process_rss},
                      {"sites", status.sites},
                      {"elapsed", status.elapsed},
                      {"attach_seconds", status.attach_seconds},
                      {"lost", status.lost()},
                      {"filters", status.filters},
                      {"filtered_blocks", status.filtered},
                      {"losses", losses_json(status.losses)}};
  text.update(budget_json(status));
  if (status.sampling) {
    text["sampling"] = sampling_json(*status.sampling);
  }
  if (fresh) {
    text.update(coverage_json(tracer.coverage(), 0));
  } else {
    const auto recent = tracer.recent_coverage(kPatience);
    text.update(coverage_json(recent.coverage, recent.age));
  }
  return text;
}

void SessionMember::settle(Tracer& tracer) {
  left_.emplace(Left{tracer.full_snapshot(), status_json(tracer, true), Clock::now()});
}

std::optional<SessionMember::Clock::time_point> SessionMember::settled_at() const {
  return left_ ? std::optional(left_->at) : std::nullopt;
}

nlohmann::json SessionMember::status(Tracer* tracer, bool fresh) {
  return left_ ? left_->status : status_json(require(tracer), fresh);
}

nlohmann::json SessionMember::summary(Tracer* tracer) {
  nlohmann::json summary;
  if (left_) {
    for (const char* key : {"pid", "command", "state", "traced_current", "traces", "lost"}) {
      summary[key] = left_->status.at(key);
    }
    summary["kernel_memory"] = 0;  // it went with the tracer
    return summary;
  }
  const TraceStatus status = require(tracer).status();
  return {{"pid", status.pid},
          {"command", status.command},
          {"state", to_string(status.state)},
          {"traced_current", status.traced_current},
          {"traces", status.traces},
          {"lost", status.lost()},
          {"kernel_memory", status.kernel_memory}};
}

nlohmann::json SessionMember::write(Tracer* tracer, const std::string& path, bool addresses) {
  if (left_) {
    write_snapshot(left_->snapshot, path);
    return {{"traces", left_->snapshot.traces().size()},
            {"losses", left_->status.at("losses")},
            {"replaced_allocator", left_->status.at("replaced_allocator")}};
  }
  const Snapshot snapshot = require(tracer).full_snapshot(addresses);
  write_snapshot(snapshot, path);
  const TraceStatus status = tracer->status();
  return {{"traces", snapshot.traces().size()},
          {"losses", losses_json(status.losses)},
          {"replaced_allocator", status.replaced_allocator}};
}

Tracer& SessionMember::require_running(Tracer* tracer) const {
  if (left_ || tracer == nullptr || tracer->state() != TargetState::running) {
    throw Error("the process has ended: only `tmbpf snapshot` and `tmbpf status` tell what it held",
                "", ExitStatus::target);
  }
  return *tracer;
}

nlohmann::json SessionMember::find_object(Tracer* tracer, std::uint64_t address) {
  const Snapshot found = require_running(tracer).find_object(address);
  if (found.traces().empty()) {
    return nullptr;
  }
  const Trace trace = found.traces()[0];
  const TracebackTable& table = found.table();
  const Traceback traceback = table.traceback(trace.traceback);
  nlohmann::json frames = nlohmann::json::array();
  for (auto id = traceback.frames.rbegin(); id != traceback.frames.rend(); ++id) {
    const Frame frame = table.frame(*id);
    frames.push_back({table.string(frame.filename), frame.lineno, table.string(frame.function)});
  }
  return {{"address", trace.address},
          {"size", trace.size},
          {"domain", trace.domain},
          {"total_nframe", traceback.total_nframe},
          {"traceback", std::move(frames)}};
}

nlohmann::json SessionMember::clear(Tracer* tracer) {
  const TakenTraces taken = require_running(tracer).clear();
  return {{"cleared_traces", taken.blocks}, {"cleared_bytes", taken.bytes}};
}

nlohmann::json SessionMember::reset_peak(Tracer* tracer) {
  require_running(tracer).reset_peak();
  const TraceStatus status = tracer->status();
  return {{"traced_current", status.traced_current}, {"traced_peak", status.traced_peak}};
}

}  // namespace tmbpf
