// SPDX-License-Identifier: Apache-2.0
// Two small snapshots of one imagined program, an older and a newer one, on one table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "userspace/model/snapshot.h"

namespace tmbpf::test {

using Line = std::pair<std::string, std::uint32_t>;

struct SnapshotPair {
  SnapshotPair() {
    const std::vector<Line> load{{"load.py", 8}, {"main.py", 3}};
    const std::vector<Line> parse{{"parse.py", 20}, {"load.py", 9}, {"main.py", 3}};
    for (Snapshot* each : {&old, &snapshot}) {
      each->set_traceback_limit(3);
      add(*each, 0, 40, load, 5);
      add(*each, 0, 40, load, 5);
    }
    add(old, 0, 9, {{"<unknown>", 0}}, 1);
    add(old, 7, 500, {{"main.py", 30}}, 1);
    add(snapshot, 0, 1000, parse, 3);
    add(snapshot, 7, 3, parse, 3);
    add(snapshot, 2, 90, {{"cache.py", 77}}, 1);
  }

  static void add(Snapshot& to, std::uint32_t domain, std::uint64_t size,
                  const std::vector<Line>& most_recent_first, std::uint32_t total_nframe) {
    std::vector<FrameId> frames;
    for (const auto& [filename, lineno] : most_recent_first) {
      frames.push_back(to.add_frame(to.add_string(filename), lineno));
    }
    to.add_trace(
        {.domain = domain, .traceback = to.add_traceback(frames, total_nframe), .size = size});
  }

  Snapshot snapshot;
  Snapshot old{snapshot.shared_table()};
};

}  // namespace tmbpf::test
