// SPDX-License-Identifier: Apache-2.0
// The BPF headers, compiled for the host, over a recording of a real Python's memory.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "symbols/python_target.h"
#include "tests/host_bpf/host_programs.h"
#include "tests/host_bpf/host_state.h"
#include "tests/host_bpf/recording.h"
#include "tests/support/python_interpreters.h"
#include "tests/support/python_name.h"
#include "tests/support/python_process.h"
#include "userspace/trace/collector.h"

namespace tmbpf {

// A paused Python of 3 threads: the main one in nested functions, generators and a comprehension,
// two waiting in a lock. It prints the stack that its main thread has while it waits.
inline constexpr const char* kTarget = R"(
import os, sys, threading, traceback
lock = threading.Lock(); lock.acquire()
def sleeper():
    lock.acquire()
for _ in range(2): threading.Thread(target=sleeper, daemon=True).start()
def expected(frame):
    name = 'co_qualname' if sys.version_info >= (3, 11) else 'co_name'
    stack = []
    while frame:
        stack.append((getattr(frame.f_code, name), frame.f_lineno))
        frame = frame.f_back
    stack[0] = stack[0][0], stack[0][1] + 1
    return ' '.join('%s %d' % each for each in stack) + '\n'
def stop():
    os.write(1, expected(sys._getframe()).encode())
    os.read(0, 1)
    return 1
def deep(n):
    return stop() if n == 0 else deep(n - 1)
def gen():
    yield deep(150)
class K:
    def method(self):
        return [x for g in [gen()] for x in g]
def run():
    a = 1
    def inner(): return a, K().method()
    return inner()
run()
)";

// A frame of the stack, as the target itself tells it.
struct ExpectedFrame {
  std::string name;
  std::uint32_t line = 0;
};

// Most recent first.
inline std::vector<ExpectedFrame> parse_stack(const std::string& line) {
  std::istringstream words(line);
  std::vector<ExpectedFrame> stack;
  for (ExpectedFrame frame; words >> frame.name >> frame.line;) {
    stack.push_back(frame);
  }
  return stack;
}

class RecordedPython : public testing::TestWithParam<PythonInterpreter> {
 protected:
  void record(std::uint32_t max_frames) {
    PythonProcess python(GetParam().path, kTarget);
    expected_ = parse_stack(python.read_line());
    ASSERT_GT(expected_.size(), 150U);
    // The main thread's line must have reached the read: it sleeps there.
    target_ = open_python_target(python.pid());
    recording_ = std::make_unique<Recording>(python.pid());
    // While it waits without the GIL, no thread is current: it is found by its thread's id, which
    // the main thread's state holds as the first one made.
    host_state().memory = [this](std::uint64_t address, std::span<std::byte> to) {
      return recording_->read(address, to);
    };
    host_state().fs_base = main_thread_id();
    reset(max_frames);
  }

  void reset(std::uint32_t max_frames) {
    const tmbpf_config config{.max_frames = max_frames,
                              .max_stacks = max_stacks_,
                              .max_traces = 1U << 20U};
    host_state().events.clear();
    host_state().ring_full = false;
    host_reset(&target_.python, &config);
  }

  template <typename T>
  [[nodiscard]] T value(std::uint64_t address) const {
    T read{};
    EXPECT_TRUE(recording_->read(address, std::as_writable_bytes(std::span(&read, 1))));
    return read;
  }

  // The list of thread states is newest first: the main thread's is the last.
  [[nodiscard]] std::uint64_t main_thread_state() const {
    const auto interp = value<std::uint64_t>(target_.python.interpreters_head);
    auto tstate = value<std::uint64_t>(interp + target_.python.interp_threads_head);
    std::uint64_t last = 0;
    for (; tstate != 0; tstate = value<std::uint64_t>(tstate + target_.python.tstate_next)) {
      last = tstate;
    }
    return last;
  }

  [[nodiscard]] std::uint64_t main_thread_id() const {
    return value<std::uint64_t>(main_thread_state() + target_.python.tstate_thread_id);
  }

  // As if the main thread held the GIL: it waits, so nobody does.
  void make_current() {
    const auto recorded = host_state().memory;
    const std::uint64_t current = target_.python.tstate_current;
    const std::uint64_t locked =
        target_.python.gil_locked == TMBPF_NO_FIELD ? current : current + target_.python.gil_locked;
    const std::uint64_t tstate = main_thread_state();
    host_state().memory = [=](std::uint64_t address, std::span<std::byte> to) {
      if (address != current && address != locked) {
        return recorded(address, to);
      }
      const std::uint64_t word = address == current ? tstate : 1;
      std::memcpy(to.data(), &word, std::min(to.size(), sizeof(word)));
      return true;
    };
  }

  // Holds at any moment at which no program runs.
  void TearDown() override {
    if (recording_ && host_totals()->hashed == 0) {
      EXPECT_EQ(host_sum_of_stacks().bytes, host_totals()->traced_current);
      EXPECT_EQ(host_sum_of_stacks().blocks, host_totals()->traces);
    }
  }

  // The text of the stack of a trace.
  std::string stack_of(const tmbpf_trace& trace) {
    Collector collector(ProcessMemory(1), target_.python, target_.layout.line_table);
    for (const auto& event : host_state().events) {
      collector.on_event(event);
    }
    const auto table = collector.table();
    std::string text;
    for (const FrameId id : table->traceback(collector.resolve(trace.stack)).frames) {
      text += std::string(table->string(table->frame(id).function)) + " ";
    }
    return text;
  }

  std::uint32_t max_stacks_ = 1U << 10U;
  PythonTarget target_;
  std::vector<ExpectedFrame> expected_;
  std::unique_ptr<Recording> recording_;
};

}  // namespace tmbpf
