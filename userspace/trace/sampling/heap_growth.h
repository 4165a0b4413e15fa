// SPDX-License-Identifier: Apache-2.0
// How many blocks of each size class pymalloc holds that were allocated since a moment, as its
// pools say: exact but for blocks that were freed since that moment and handed out again at the
// same address before somebody looked, which count as old.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_set.h"

namespace tmbpf {

class HeapGrowth {
 public:
  // `python` must outlive it. Counts from begin() or restart() on.
  HeapGrowth(pid_t pid, const tmbpf_python& python) : pid_(pid), python_(python) {}

  // `old`: the blocks that lived at the moment from which on it counts.
  void begin(BlockSet old) { old_ = std::move(old); }

  // By size class: requests of n bytes have index (n - 1) >> alignment_shift. Nothing when the heap
  // cannot be read or is empty. About 0.5 s per GiB.
  std::optional<std::vector<std::uint64_t>> measure();
  void restart();  // counts from now on
  // Blocks that were allocated since that moment, whoever had their addresses before.
  void add_new(std::span<const std::uint64_t> addresses);

 private:
  pid_t pid_;
  const tmbpf_python& python_;
  BlockSet old_;  // from before, and not seen free since
};

}  // namespace tmbpf
