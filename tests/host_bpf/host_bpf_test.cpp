// SPDX-License-Identifier: Apache-2.0
// The BPF headers, compiled for the host, over a recording of a real Python's memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "symbols/process/process_maps.h"
#include "symbols/process/process_memory.h"
#include "symbols/python_target.h"
#include "tests/host_bpf/host_programs.h"
#include "tests/host_bpf/host_state.h"
#include "tests/support/python_interpreters.h"
#include "tests/support/python_name.h"
#include "tests/support/python_process.h"
#include "userspace/trace/collector.h"

namespace tmbpf {
namespace {

// Every private writable region of a process, copied; nothing else of it is used afterwards.
class Recording {
 public:
  explicit Recording(pid_t pid) {
    const ProcessMemory memory(pid);
    for (const Mapping& mapping : read_maps(pid)) {
      std::vector<std::byte> bytes(mapping.end - mapping.start);
      if (mapping.readable && memory.read(mapping.start, bytes)) {
        regions_.push_back({mapping.start, std::move(bytes)});
      }
    }
  }

  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> to) const {
    const auto holds = [&](const Region& region) {
      const std::uint64_t offset = address - region.start;
      return address >= region.start && offset < region.bytes.size() &&
             to.size() <= region.bytes.size() - offset;
    };
    const auto region = std::find_if(regions_.begin(), regions_.end(), holds);
    if (region == regions_.end()) {
      return false;
    }
    std::memcpy(to.data(), region->bytes.data() + (address - region->start), to.size());
    return true;
  }

 private:
  struct Region {
    std::uint64_t start;
    std::vector<std::byte> bytes;
  };
  std::vector<Region> regions_;
};

// A paused Python of 3 threads: the main one in nested functions, generators and a comprehension,
// two waiting in a lock. It prints the stack that its main thread has while it waits.
constexpr const char* kTarget = R"(
import os, sys, threading, traceback
lock = threading.Lock(); lock.acquire()
def sleeper():
    lock.acquire()
for _ in range(2): threading.Thread(target=sleeper, daemon=True).start()
def stop():
    os.write(1, b'ready\n')
    os.read(0, 1)
    return 1
def deep(n):
    return stop() if n == 0 else deep(n - 1)
def gen():
    yield deep(150)
class K:
    def method(self):
        return [x for g in [gen()] for x in g]
def expected(frame):
    f, out = frame, []
    while f: out.append(f.f_code.co_qualname); f = f.f_back
    return out
def run():
    a = 1
    def inner(): return a, K().method()
    return inner()
run()
)";

struct Expected {
  std::vector<std::string> names;  // most recent first
  std::vector<std::uint32_t> lines;
};

Expected expected_stack() {
  Expected stack;
  const auto add = [&stack](const char* name, std::uint32_t line) {
    stack.names.emplace_back(name);
    stack.lines.push_back(line);
  };
  add("stop", 9);
  for (int i = 0; i < 151; ++i) {
    add("deep", 12);
  }
  add("gen", 14);
  add("K.method.<locals>.<listcomp>", 17);
  add("K.method", 17);
  add("run.<locals>.inner", 24);
  add("run", 25);
  add("<module>", 26);
  return stack;
}

class HostBpf : public testing::TestWithParam<PythonInterpreter> {
 protected:
  void record(std::uint32_t max_frames) {
    PythonProcess python(GetParam().path, kTarget);
    ASSERT_EQ(python.read_line(), "ready");
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
    const tmbpf_config config{.max_frames = max_frames};
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
  [[nodiscard]] std::uint64_t main_thread_id() const {
    const auto interp = value<std::uint64_t>(target_.python.interpreters_head);
    auto tstate = value<std::uint64_t>(interp + target_.python.interp_threads_head);
    std::uint64_t last = 0;
    for (; tstate != 0; tstate = value<std::uint64_t>(tstate + target_.python.tstate_next)) {
      last = tstate;
    }
    return value<std::uint64_t>(last + target_.python.tstate_thread_id);
  }

  PythonTarget target_;
  std::unique_ptr<Recording> recording_;
};

TEST_P(HostBpf, walks_the_recorded_stack_and_describes_it_once) {
  record(TMBPF_MAX_FRAMES);
  const std::uint64_t id = host_python_stack(0);
  ASSERT_NE(id, TMBPF_STACK_UNKNOWN);
  Collector collector(ProcessMemory(1), target_.python);
  for (const auto& event : host_state().events) {
    collector.on_event(event);
  }
  const auto table = collector.table();
  const Traceback traceback = table->traceback(collector.resolve(id));
  const Expected expected = expected_stack();
  EXPECT_EQ(traceback.total_nframe, expected.names.size());
  ASSERT_EQ(traceback.frames.size(), static_cast<std::size_t>(TMBPF_MAX_FRAMES));
  for (std::size_t i = 0; i < traceback.frames.size(); ++i) {
    const Frame frame = table->frame(traceback.frames[i]);
    EXPECT_EQ(table->string(frame.function), expected.names[i]) << i;
    EXPECT_EQ(table->string(frame.filename), "<string>");
    EXPECT_EQ(frame.lineno, expected.lines[i]) << i;
  }
  const std::size_t events = host_state().events.size();
  EXPECT_EQ(host_python_stack(0), id);
  EXPECT_EQ(host_state().events.size(), events);
  EXPECT_EQ(host_counter(TMBPF_LOST_FRAMES), 0U);
}

TEST_P(HostBpf, keeps_the_most_recent_frames_and_counts_all) {
  record(3);
  const std::uint64_t id = host_python_stack(0);
  Collector collector(ProcessMemory(1), target_.python);
  for (const auto& event : host_state().events) {
    collector.on_event(event);
  }
  const Traceback traceback = collector.table()->traceback(collector.resolve(id));
  EXPECT_EQ(traceback.frames.size(), 3U);
  EXPECT_EQ(traceback.total_nframe, expected_stack().names.size());
}

TEST_P(HostBpf, a_full_ring_buffer_loses_descriptions_for_now_and_sends_them_later) {
  record(5);
  host_state().ring_full = true;
  const std::uint64_t lost = host_python_stack(0);
  EXPECT_NE(lost, TMBPF_STACK_UNKNOWN);
  EXPECT_GT(host_counter(TMBPF_LOST_STACKS), 0U);
  EXPECT_GT(host_counter(TMBPF_LOST_CODES), 0U);
  EXPECT_TRUE(host_state().events.empty());
  host_state().ring_full = false;
  host_python_stack(0);
  EXPECT_FALSE(host_state().events.empty());
}

TEST_P(HostBpf, an_unknown_thread_and_unreadable_memory_give_the_unknown_stack) {
  record(5);
  host_state().fs_base = 42;
  EXPECT_EQ(host_python_stack(0), TMBPF_STACK_UNKNOWN);
  EXPECT_EQ(host_counter(TMBPF_COUNT_NO_THREAD), 1U);
  host_state().memory = [](std::uint64_t, std::span<std::byte>) { return false; };
  EXPECT_EQ(host_python_stack(1), TMBPF_STACK_UNKNOWN);
}

TEST_P(HostBpf, realloc_keeps_shrinks_and_moves_as_pymalloc_does) {
  record(1);
  // Two size classes whose next block the recorded pools tell.
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t size = 64; size <= 512 && sizes.size() < 2; size += 64) {
    if (host_predict(size) != 0) {
      sizes.push_back(size);
    }
  }
  ASSERT_EQ(sizes.size(), 2U);
  const std::uint64_t small = host_predict(sizes[0]);
  const std::uint64_t large = host_predict(sizes[1]);
  EXPECT_EQ(host_size_class_of(small), static_cast<int>(sizes[0] / 16 - 1));
  host_small_request(sizes[1]);
  ASSERT_NE(host_trace(large), nullptr);
  EXPECT_EQ(host_trace(large)->size, sizes[1]);
  host_pymalloc_realloc(large, sizes[1] - 1);
  EXPECT_EQ(host_trace(large)->size, sizes[1] - 1) << "fits and wastes less than a quarter: stays";
  host_pymalloc_realloc(large, sizes[0]);
  EXPECT_EQ(host_totals()->traces, 1U);
  if (4 * sizes[0] > 3 * sizes[1]) {
    EXPECT_EQ(host_trace(large)->size, sizes[0]);
  } else {
    EXPECT_EQ(host_trace(large), nullptr) << "wastes a quarter: moves";
    EXPECT_EQ(host_trace(small)->size, sizes[0]);
  }
  EXPECT_EQ(host_totals()->traced_current, sizes[0]);
  EXPECT_EQ(host_totals()->traced_peak, sizes[1]);
}

TEST_P(HostBpf, a_small_block_that_outgrows_pymalloc_leaves_with_the_raw_result) {
  record(1);
  std::uint64_t size = 64;
  while (host_predict(size) == 0 && size < 512) {
    size += 16;
  }
  const std::uint64_t block = host_predict(size);
  host_small_request(size);
  ASSERT_NE(host_trace(block), nullptr);
  host_pymalloc_realloc(block, 5000);
  host_raw_request(5000);
  EXPECT_NE(host_trace(block), nullptr) << "realloc may still fail";
  host_raw_result(0x770000);
  EXPECT_EQ(host_trace(block), nullptr);
  EXPECT_EQ(host_trace(0x770000)->size, 5000U);
  EXPECT_EQ(host_totals()->traced_peak, 5000U) << "old and new are never both counted";
}

TEST_P(HostBpf, raw_requests_follow_their_result) {
  record(1);
  host_raw_request(1000);
  EXPECT_EQ(host_totals()->traces, 0U);
  host_raw_result(0x1000);
  ASSERT_NE(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_trace(0x1000)->size, 1000U);
  host_raw_realloc_request(0x1000, 3000);
  EXPECT_EQ(host_trace(0x1000), nullptr)
      << "libc may hand the address out before we see the result";
  host_raw_result(0);
  ASSERT_NE(host_trace(0x1000), nullptr) << "a failed realloc changes nothing";
  EXPECT_EQ(host_totals()->traced_current, 1000U);
  host_raw_realloc_request(0x1000, 3000);
  host_raw_result(0x9000);
  EXPECT_EQ(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_trace(0x9000)->size, 3000U);
  host_raw_request(50);
  host_raw_result(0);
  host_raw_result(0x5000);
  EXPECT_EQ(host_trace(0x5000), nullptr) << "a result without a request is not ours";
  host_forget(0x9000);
  host_forget(0x9000);
  EXPECT_EQ(host_totals()->traces, 0U);
  EXPECT_EQ(host_totals()->traced_current, 0U);
  EXPECT_EQ(host_totals()->traced_peak, 3000U);
}

TEST_P(HostBpf, another_thread_may_get_a_reallocated_address_before_the_result_is_seen) {
  record(1);
  host_raw_request(1000);
  host_raw_result(0x1000);
  host_raw_realloc_request(0x1000, 3000);  // libc frees 0x1000 in here
  host_state().thread = 2;
  host_raw_request(700);
  host_raw_result(0x1000);
  host_state().thread = 1;
  host_raw_result(0x9000);
  ASSERT_NE(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_trace(0x1000)->size, 700U);
  EXPECT_EQ(host_totals()->traced_current, 3700U);
}

TEST_P(HostBpf, a_pool_that_cannot_be_read_is_counted_and_leaves_nothing_pending) {
  record(1);
  host_state().memory = [](std::uint64_t, std::span<std::byte>) { return false; };
  host_small_request(64);
  EXPECT_EQ(host_counter(TMBPF_LOST_POOL), 1U);
  host_raw_request(1000);
  host_raw_result(0x1000);
  EXPECT_NE(host_trace(0x1000), nullptr) << "the raw request is no part of a refill";
}

TEST_P(HostBpf, addresses_outside_the_arenas_are_not_pymallocs) {
  record(1);
  EXPECT_EQ(host_size_class_of(0x10), -1);
  EXPECT_EQ(host_size_class_of(target_.python.usedpools), -1);
  const auto interp = value<std::uint64_t>(target_.python.interpreters_head);
  EXPECT_EQ(host_size_class_of(interp), -1);
}

INSTANTIATE_TEST_SUITE_P(Pythons, HostBpf, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
