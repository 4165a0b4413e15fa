// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "userspace/files/pickle/snapshot_pickler.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// More objects than a Python could hold in a list.
constexpr std::uint64_t kMostTuples = 1'000'000'000;

void check_weights(const Snapshot& snapshot) {
  double tuples = 0;
  snapshot.traces().for_each(
      [&tuples](auto, auto, auto, double weight) { tuples += std::max(1.0, weight); });
  if (!(tuples <= static_cast<double>(kMostTuples))) {
    throw Error(fmt::format("cannot write a pickle: the snapshot stands for {:.0f} blocks, and a "
                            "pickle has a trace for each",
                            tuples),
                "Write a .pb.gz file, which keeps weights as they are.");
  }
}

}  // namespace

void write_pickle(const Snapshot& snapshot, ByteSink& sink, PickleForm form) {
  check_weights(snapshot);
  SnapshotPickler(snapshot, sink, form).write();
}

void write_pickle(const Snapshot& snapshot, ByteSink& sink) {
  write_pickle(snapshot, sink, PickleForm::python_3_9);
}

}  // namespace tmbpf
