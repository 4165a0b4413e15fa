// SPDX-License-Identifier: Apache-2.0
// Turns what the BPF programs send into tracebacks of the model; the only code that does.
//
// Events come from the reader's thread, questions from the tracer's: every member locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/process/process_memory.h"
#include "symbols/python/code_object.h"
#include "symbols/python/python_layout.h"
#include "userspace/model/snapshot.h"
#include "userspace/trace/call_tree.h"
#include "userspace/trace/described_stacks.h"
#include "userspace/trace/live_filter.h"

namespace tmbpf {

class Collector {
 public:
  // `memory` serves line tables longer than an event holds; `python` says where their bytes lie,
  // `format` what they mean.
  Collector(ProcessMemory memory, const tmbpf_python& python, LineTableFormat format);

  // Who is told of every code object and stack from now on. Must outlive the object.
  void set_filter(LiveFilter& filter) { filter_ = &filter; }
  // Lets the filter judge by these rules all that is known. To be called by whom resolve() is.
  void filter_by(const RecordingFilters& filters);
  // Whether the filter hides blocks of such a trace.
  [[nodiscard]] bool hides(std::uint64_t stack, std::uint32_t slot) const;
  [[nodiscard]] StackSum hidden_sum() const;

  // One message of the ring buffer. Damaged ones are counted.
  void on_event(std::span<const std::byte> event);

  // The traceback of a stack id; tracemalloc's ("<unknown>", 0) for none. An id whose description
  // was lost gives the same and is counted once.
  TracebackId resolve(std::uint64_t stack);

  // The table that resolve()'s ids belong to, shared by all snapshots of a session.
  [[nodiscard]] std::shared_ptr<TracebackTable> table() const { return table_; }

  struct Counts {
    std::size_t stacks = 0;             // described
    std::size_t codes = 0;              // described
    std::size_t unresolved_stacks = 0;  // asked for, never described
    std::size_t incomplete_codes = 0;   // lines or names could not be read whole
    std::size_t damaged_events = 0;
  };
  [[nodiscard]] Counts counts() const;
  // Forks and new programs since the last call, of the target and whom the programs follow.
  std::vector<tmbpf_process_event> take_process_events();

 private:
  void judge_known();
  void judge(std::uint64_t stack, std::span<const std::uint64_t> frames, bool fresh);
  void add_stack(std::span<const std::byte> event);
  void add_code(std::span<const std::byte> event);
  bool complete_linetable(const tmbpf_code_event& event, CodeObject& code);
  TracebackId build(const DescribedStack& stack);
  FrameId frame(std::uint64_t key);
  TracebackId unknown();

  mutable std::mutex mutex_;
  LiveFilter* filter_ = nullptr;
  ProcessMemory memory_;
  std::uint32_t bytes_ob_sval_;
  LineTableFormat format_;
  std::uint64_t fetched_bytes_ = 0;  // of line tables longer than an event holds
  std::shared_ptr<TracebackTable> table_ = std::make_shared<TracebackTable>();
  CallTree calls_;
  DescribedStacks stacks_;
  std::unordered_map<std::uint64_t, FrameId> frames_;
  std::unordered_map<std::uint32_t, CodeObject> codes_;
  std::vector<tmbpf_process_event> process_events_;
  std::unordered_set<std::uint64_t> unresolved_;
  Counts counts_;
};

}  // namespace tmbpf
