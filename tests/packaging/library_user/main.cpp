// SPDX-License-Identifier: Apache-2.0
// Somebody's program: prints what a snapshot file holds, by line.
#include <cstdio>
#include <exception>
#include <memory>

#include "userspace/files/snapshot_file.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"

int main(int argc, char** argv) {
  try {
    const tmbpf::Snapshot snapshot =
        tmbpf::read_snapshot(argc > 1 ? argv[1] : "", std::make_shared<tmbpf::TracebackTable>());
    for (const auto& statistic : tmbpf::statistics(snapshot, tmbpf::KeyType::lineno)) {
      std::puts(tmbpf::to_string(statistic, snapshot.table()).c_str());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
