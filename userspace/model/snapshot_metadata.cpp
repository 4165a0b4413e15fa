// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/snapshot_metadata.h"

#include <fmt/format.h>

#include <cmath>

namespace tmbpf {
namespace {

class MetadataBuilder {
 public:
  void put(const std::string& key, std::uint64_t value) {
    fields_.insert_or_assign(key, static_cast<std::int64_t>(value));
  }
  void put(const std::string& key, double value) { fields_.insert_or_assign(key, value); }
  void put(const std::string& key, const std::string& value) {
    fields_.insert_or_assign(key, value);
  }

  void put_losses(const std::string& key, const std::vector<Loss>& losses) {
    for (const Loss& loss : losses) {
      put(fmt::format("{}.{}", key, loss.key), loss.count);
      put(fmt::format("{}.{}.what", key, loss.key), loss.what);
    }
  }

  void put_budget(const SnapshotMetadata& snapshot) {
    put_if_known("method", snapshot.method.empty() ? std::nullopt : std::optional(snapshot.method));
    put_if_known("max_slowdown", snapshot.max_slowdown);
    put_if_known("slowdown", snapshot.slowdown);
    std::size_t number = 0;
    for (const MethodStep& step : snapshot.steps) {
      const std::string key = fmt::format("step.{}", ++number);
      put(key + ".time", step.time);
      put(key + ".from", step.from);
      put(key + ".to", step.to);
      put(key + ".reason", step.reason);
    }
  }

  void put_coverage(const Coverage& coverage) {
    put("coverage", coverage.share());
    put("coverage.bytes", coverage.share_of_bytes());
    put("coverage.attributed", coverage.attributed);
    put("coverage.missing", coverage.missing);
    put("coverage.extra", coverage.extra);
    put("coverage.unsettled_pools", coverage.unsettled_pools);
    put_losses("coverage.cause", coverage.causes);
    put("before.blocks", coverage.before);
    put("before.bytes", coverage.bytes(&SizeClassCoverage::before));
    for (const SizeClassCoverage& row : coverage.classes) {
      put_if_any(fmt::format("coverage.missing.{}", row.block_size), row.missing);
      put_if_any(fmt::format("before.{}", row.block_size), row.before);
    }
  }

  [[nodiscard]] const Metadata& fields() const { return fields_; }

 private:
  template <typename Value>
  void put_if_known(const std::string& key, const std::optional<Value>& value) {
    if (value) {
      put(key, *value);
    }
  }

  void put_if_any(const std::string& key, std::uint64_t count) {
    if (count != 0) {
      put(key, count);
    }
  }

  Metadata fields_;
};

}  // namespace

Metadata to_metadata(const SnapshotMetadata& snapshot) {
  MetadataBuilder builder;
  builder.put("tracer_version", snapshot.tracer_version);
  builder.put("mode", snapshot.mode);
  builder.put_budget(snapshot);
  builder.put("state", snapshot.state);
  builder.put("pid", static_cast<std::uint64_t>(snapshot.pid));
  builder.put("command", snapshot.command);
  builder.put("python", snapshot.python);
  builder.put("attached", snapshot.attached);
  builder.put("time", snapshot.time);
  builder.put("elapsed", snapshot.time - snapshot.attached);
  builder.put("current", snapshot.current);
  builder.put("peak", snapshot.peak);
  if (snapshot.rss != 0) {
    builder.put("rss", snapshot.rss);
  }
  std::uint64_t lost = 0;
  for (const Loss& loss : snapshot.losses) {
    lost += loss.count;
  }
  builder.put("lost", lost);
  builder.put_losses("lost", snapshot.losses);
  if (!snapshot.replaced_allocator.empty()) {
    builder.put("replaced_allocator", snapshot.replaced_allocator);
  }
  if (snapshot.coverage) {
    builder.put_coverage(*snapshot.coverage);
  }
  return builder.fields();
}

bool same_session(const Metadata& one, const Metadata& other) {
  constexpr double kJitter = 0.1;  // seconds: it is told as the time that has passed since
  const auto pid = metadatum<std::int64_t>(one, "pid");
  const auto attached = metadata_number(one, "attached");
  const auto other_attached = metadata_number(other, "attached");
  return pid && pid == metadatum<std::int64_t>(other, "pid") && attached && other_attached &&
         std::fabs(*attached - *other_attached) < kJitter;
}

}  // namespace tmbpf
