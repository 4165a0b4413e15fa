// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/snapshot_check.h"

#include <cmath>
#include <cstdlib>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

bool same(const MetadataValue& left, const MetadataValue& right) {
  const auto* one = std::get_if<double>(&left);
  const auto* other = std::get_if<double>(&right);
  return left == right ||
         (one != nullptr && other != nullptr && std::isnan(*one) && std::isnan(*other));
}

}  // namespace

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

double look_at(const Snapshot& snapshot) {
  double blocks = 0;
  for (const Trace& trace : snapshot.traces()) {
    require(std::isfinite(trace.weight) && trace.weight > 0);
    blocks += trace.weight;
    const Traceback traceback = snapshot.table().traceback(trace.traceback);
    require(!traceback.frames.empty() && traceback.total_nframe >= traceback.frames.size());
    const Frame frame = snapshot.table().frame(traceback.frames.back());
    require(is_wtf8(snapshot.table().string(frame.filename)));
    require(is_wtf8(snapshot.table().string(frame.function)));
  }
  return blocks;
}

void require_same(const Snapshot& left, const Snapshot& right) {
  require(left.traceback_limit() == right.traceback_limit());
  require(left.traces().size() == right.traces().size());
  for (std::size_t i = 0; i < left.traces().size(); ++i) {
    require(left.traces()[i] == right.traces()[i]);  // one table: equal tracebacks have one id
  }
  require(left.metadata().size() == right.metadata().size());
  for (const auto& [key, value] : left.metadata()) {
    const auto other = right.metadata().find(key);
    require(other != right.metadata().end() && same(value, other->second));
  }
}

}  // namespace tmbpf
