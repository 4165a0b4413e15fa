// SPDX-License-Identifier: Apache-2.0
// Measures the coverage: what is traced against what the heap itself holds.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_set.h"
#include "symbols/process/process_memory.h"
#include "userspace/model/coverage.h"
#include "userspace/model/loss.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

// The recorded blocks, as the coverage asks for them.
struct RecordedBlocks {
  std::function<std::vector<LiveBlock>()> read_all;
  std::function<bool(std::uint64_t)> contains;
  bool sees_frees = true;  // else nothing is extra: it may have been freed since
};

// The blocks that are live when the last probe has been attached. Pools that are busy just then are
// looked at again for a while, so that their blocks do not seem to be missing later.
BlockSet read_baseline(const ProcessMemory& memory, const tmbpf_python& python);

// `baseline`: see read_baseline(). Blocks of it that turn out to be free or handed out again are
// taken out, so a block from before the attach that was freed and handed out again unseen counts as
// missing once a measurement came in between; else it cannot be told from one that stayed.
//
// The traces are read between two readings of the heap, and only what both agree on is judged. In a
// running target an address may be free and taken again at just those moments, so what seems
// missing or extra is looked at again several times, in the traces and in the heap, and must stay
// so. With the target paused the result is exact: attributed, missing and before are all blocks;
// one that is just being handed out is extra. `causes` stay empty. Nothing when the heap cannot be
// read, as the process is gone.
std::optional<Coverage> measure_coverage(const ProcessMemory& memory, const tmbpf_python& python,
                                         BlockSet& baseline, const RecordedBlocks& recorded);

// Coverage::causes for that many missing blocks, as far as the losses of the session can tell: they
// count blocks lost since the attach, of which many were freed since.
std::vector<Loss> missing_causes(std::uint64_t missing, const std::vector<Loss>& losses);

}  // namespace tmbpf
