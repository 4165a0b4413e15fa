// SPDX-License-Identifier: Apache-2.0
// Told at once whenever pymalloc takes a pool for blocks of one size: the first block of each is a
// sample that costs next to nothing, since pools are taken seldom, and none where as much is freed
// as is allocated. So what grows in bursts that no window meets is sampled all the same, once for
// each pool that it fills.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_content.h"
#include "symbols/process/process_memory.h"
#include "userspace/trace/sampling/seen_block.h"

struct ring_buffer;

namespace tmbpf {

class TakenPools {
 public:
  // The first blocks that live still, without a weight.
  using Take = std::function<void(std::span<const SeenBlock> seen)>;

  // From now on calls `take`, from a thread of its own. `method`, which the programs share, and
  // `python` must outlive it. Throws Error when the buffer cannot be mapped.
  TakenPools(int ring_buffer_fd, tmbpf_method& method, pid_t pid, const tmbpf_python& python,
             Take take);
  TakenPools(const TakenPools&) = delete;
  TakenPools& operator=(const TakenPools&) = delete;
  // Returns when no call is under way.
  ~TakenPools();

 private:
  using Clock = std::chrono::steady_clock;

  struct BufferDeleter {
    void operator()(ring_buffer* buffer) const;
  };
  static int on_message(void* context, void* data, std::size_t size);
  void run(const std::stop_token& stop);
  void wait(Clock::time_point awake_until);

  tmbpf_method& method_;
  ProcessMemory memory_;
  const tmbpf_python& python_;
  BlockContents contents_;
  Take take_;
  std::vector<SampledBlock> taken_;
  std::unique_ptr<ring_buffer, BufferDeleter> buffer_;
  std::jthread thread_;
};

}  // namespace tmbpf
