// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/session_member.h"

#include <utility>
#include <vector>

#include "userspace/files/snapshot_file.h"
#include "util/error.h"

namespace tmbpf {
namespace {

nlohmann::json losses_json(const std::vector<Loss>& counted) {
  nlohmann::json losses = nlohmann::json::object();
  for (const Loss& loss : counted) {
    losses[loss.key] = {{"count", loss.count}, {"what", loss.what}};
  }
  return losses;
}

nlohmann::json coverage_json(const std::optional<Coverage>& coverage) {
  if (!coverage) {
    return {{"coverage", nullptr}, {"missing_blocks", nullptr}, {"blocks_before_attach", nullptr}};
  }
  return {{"coverage", coverage->share()},
          {"missing_blocks", coverage->missing},
          {"missing_bytes", coverage->bytes(&SizeClassCoverage::missing)},
          {"missing_causes", losses_json(coverage->causes)},
          {"blocks_before_attach", coverage->before},
          {"bytes_before_attach", coverage->bytes(&SizeClassCoverage::before)}};
}

Tracer& require(Tracer* tracer) {
  if (tracer == nullptr) {
    throw Error("what the process held could not be kept");
  }
  return *tracer;
}

}  // namespace

nlohmann::json status_json(Tracer& tracer) {
  const TraceStatus status = tracer.status();
  nlohmann::json text{{"pid", status.pid},
                      {"command", status.command},
                      {"python", status.version},
                      {"tracing", status.state == TargetState::running},
                      {"state", to_string(status.state)},
                      {"replaced_allocator", status.replaced_allocator},
                      {"mode", "exact"},
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
                      {"losses", losses_json(status.losses)}};
  text.update(coverage_json(tracer.coverage()));
  return text;
}

void SessionMember::settle(Tracer& tracer) {
  left_.emplace(Left{tracer.full_snapshot(), status_json(tracer), Clock::now()});
}

std::optional<SessionMember::Clock::time_point> SessionMember::settled_at() const {
  return left_ ? std::optional(left_->at) : std::nullopt;
}

nlohmann::json SessionMember::status(Tracer* tracer) {
  return left_ ? left_->status : status_json(require(tracer));
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

}  // namespace tmbpf
