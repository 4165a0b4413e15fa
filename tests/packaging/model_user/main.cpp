// SPDX-License-Identifier: Apache-2.0
// Somebody's program that uses only the model: a snapshot of its own making.
#include <array>
#include <cstdio>

#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"

int main() {
  tmbpf::Snapshot snapshot;
  const std::array frames{snapshot.add_frame(snapshot.add_string("app.py"), 7)};
  const tmbpf::TracebackId traceback = snapshot.add_traceback(frames, 1);
  snapshot.add_trace({.traceback = traceback, .size = 40});
  snapshot.add_trace({.traceback = traceback, .size = 2});
  for (const auto& statistic : tmbpf::statistics(snapshot, tmbpf::KeyType::lineno)) {
    std::puts(tmbpf::to_string(statistic, snapshot.table()).c_str());
  }
}
