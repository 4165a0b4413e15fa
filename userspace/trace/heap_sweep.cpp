// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/heap_sweep.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {
namespace {

// Whether no thread of the process runs, waits for a page or is about to.
bool is_at_rest(pid_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", error);
  for (; !error && tasks != std::filesystem::directory_iterator(); tasks.increment(error)) {
    std::ifstream stat(tasks->path() / "stat");
    std::string text;
    if (!std::getline(stat, text)) {
      continue;  // the thread has ended
    }
    const std::size_t close = text.rfind(')');
    if (close == std::string::npos || close + 2 >= text.size() ||
        std::string("STt").find(text[close + 2]) == std::string::npos) {
      return false;
    }
  }
  return !error;
}

}  // namespace

HeapSweep::HeapSweep(pid_t pid, const tmbpf_python& python, ChunksMap& chunks, StackSums& sums,
                     tmbpf_totals& totals)
    : pid_(pid), python_(python), chunks_(chunks), sums_(sums), totals_(totals) {}

bool HeapSweep::sweep() {
  const std::lock_guard lock(mutex_);
  const bool rested = is_at_rest(pid_);
  chunks_.mark_all();
  const std::uint64_t newest = std::atomic_ref(totals_.last_put).load();
  const PymallocHeap heap = read_pymalloc_heap(ProcessMemory(pid_), python_);
  // A new program's heap begins empty, before the programs have stopped for it.
  if (!heap.readable || heap.arenas.empty() || std::atomic_ref(totals_.stopped).load() != 0) {
    return false;
  }
  const bool settled =
      rested && is_at_rest(pid_) && std::atomic_ref(totals_.last_put).load() == newest;
  chunks_.for_each_marked([&](std::uint64_t address, const tmbpf_trace& trace) {
    if (!heap.blocks.contains(address) && heap.is_settled(address) &&
        (address != newest || settled)) {
      take_out(address, trace);
    }
  });
  peak_ = std::max<std::uint64_t>(peak_.load(), std::atomic_ref(totals_.traced_current).load());
  return true;
}

void HeapSweep::take_out(std::uint64_t address, const tmbpf_trace& trace) {
  if (chunks_.take_marked(address, trace)) {
    std::atomic_ref(totals_.traces).fetch_sub(1);
    std::atomic_ref(totals_.traced_current).fetch_sub(trace.size);
    sums_.take_out(trace.stack, trace.size);
  }
}

void HeapSweep::reset_peak() {
  const std::lock_guard lock(mutex_);
  peak_ = std::atomic_ref(totals_.traced_current).load();
}

}  // namespace tmbpf
