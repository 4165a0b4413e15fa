// SPDX-License-Identifier: Apache-2.0
// The tracer on real targets: exact numbers, the heap, reallocation, threads, forks, the fallback.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"
#include "tests/live/live_test.h"
#include "tests/support/python_process.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"

namespace tmbpf {
namespace {

class TracerTest : public LiveTest {};

// Bytes and blocks of one line of the "<string>" that a target runs.
Statistic line_of(const Snapshot& snapshot, std::uint32_t lineno) {
  for (const Statistic& statistic : statistics(snapshot, KeyType::lineno)) {
    if (statistic.key.frame.lineno == lineno &&
        snapshot.table().string(statistic.key.frame.filename) == "<string>") {
      return statistic;
    }
  }
  return {};
}

TEST_P(TracerTest, the_pools_hold_as_many_blocks_as_the_interpreter_says) {
  PythonProcess python(GetParam().path, R"(
import gc, os, sys
kept = [[str(i)] * 3 for i in range(50000)]
del kept[::2]
gc.collect()
before = sys.getallocatedblocks()
os.write(1, b'%d\n' % before)
os.read(0, 1))");
  const long said = std::stol(python.read_line());
  wait_until_blocked(python.pid());
  const PythonTarget target = open_python_target(python.pid());
  const ProcessMemory memory(python.pid());
  const PymallocHeap heap = read_pymalloc_heap(memory, target.python);
  const auto in_pools = static_cast<long>(heap.blocks.size());
  // The call's own result and the text written afterwards are the only differences.
  constexpr double kOwn = 4;
  if (target.tables.raw_allocated_blocks == 0) {
    // 3.8 counts the blocks that are not in pools together with the others: a few hundred buffers.
    EXPECT_LE(static_cast<double>(in_pools), static_cast<double>(said) + kOwn);
    EXPECT_GT(static_cast<double>(in_pools), 0.98 * static_cast<double>(said));
  } else {
    const auto raw =
        memory.read<std::int64_t>(target.tables.raw_allocated_blocks + target.load_bias);
    ASSERT_TRUE(raw.has_value());
    const long counted = in_pools + static_cast<long>(*raw);
    EXPECT_NEAR(static_cast<double>(counted), static_cast<double>(said), kOwn);
  }
  EXPECT_GT(heap.blocks.size(), 50000U);
  EXPECT_EQ(heap.unsettled_pools, 0U);
}

TEST_P(TracerTest, sizes_counts_current_and_peak_are_exact) {
  PythonProcess python(GetParam().path, R"(
import os
big = None
os.write(1, b'ready\n'); os.read(0, 9)
kept = [bytes(1000 - 33) for i in range(1000)]
del kept[500:]
big = bytearray(100000)
big.extend(bytes(100000))
big = None
os.write(1, b'done\n'); os.read(0, 9))");
  ASSERT_EQ(python.read_line(), "ready");
  Tracer tracer(open_python_target(python.pid()), TraceOptions{});
  python.write_line("go");
  ASSERT_EQ(python.read_line(), "done");
  wait_until_blocked(python.pid());
  const Snapshot snapshot = tracer.snapshot();
  const Statistic line = line_of(snapshot, 5);
  // 500 objects of 1000 bytes each; the list and its items besides.
  EXPECT_GE(line.size, 500U * 1000U);
  EXPECT_LT(line.size, 500U * 1000U + 20000U);
  const TraceStatus status = tracer.status();
  std::uint64_t sum = 0;
  for (const Trace& trace : snapshot.traces()) {
    sum += trace.size;
  }
  EXPECT_EQ(sum, status.traced_current);
  EXPECT_EQ(snapshot.traces().size(), status.traces);
  EXPECT_GE(status.traced_peak, 1000U * 1000U);
  EXPECT_LT(status.traced_peak, 1000U * 1000U + 60000U);
  EXPECT_EQ(status.lost(), 0U);
}

// By what tracemalloc would print.
std::multimap<std::string, std::pair<std::uint64_t, std::uint64_t>> groups_of(
    const Snapshot& snapshot, KeyType key_type) {
  std::multimap<std::string, std::pair<std::uint64_t, std::uint64_t>> groups;
  for (const Statistic& statistic : statistics(snapshot, key_type)) {
    groups.emplace(to_string(statistic, snapshot.table()),
                   std::pair(statistic.size, statistic.count));
  }
  return groups;
}

TEST_P(TracerTest, a_summary_has_the_statistics_of_the_snapshot) {
  PythonProcess python(GetParam().path, R"(
import json, os
os.write(1, b'ready\n'); os.read(0, 9)
kept = [json.loads(json.dumps({'n': i, 'list': list(range(i % 50))})) for i in range(3000)]
del kept[::3]
grown = bytearray()
for i in range(1000): grown += bytes(i)
os.write(1, b'done\n'); os.read(0, 9))");
  ASSERT_EQ(python.read_line(), "ready");
  Tracer tracer(open_python_target(python.pid()), TraceOptions{});
  python.write_line("go");
  ASSERT_EQ(python.read_line(), "done");
  wait_until_blocked(python.pid());
  const Snapshot snapshot = tracer.snapshot();
  const Snapshot summary = tracer.summary();
  EXPECT_GT(snapshot.traces().size(), 10000U);
  EXPECT_LT(summary.traces().size(), snapshot.traces().size() / 5);
  for (const KeyType key_type : {KeyType::lineno, KeyType::filename, KeyType::traceback}) {
    EXPECT_EQ(groups_of(summary, key_type), groups_of(snapshot, key_type));
  }
  tracer.clear();
  EXPECT_TRUE(tracer.summary().traces().empty());
}

TEST_P(TracerTest, a_full_map_counts_what_is_missing_and_keeps_the_rest) {
  PythonProcess python(GetParam().path, R"(
import os
os.write(1, b'ready\n'); os.read(0, 9)
kept = [str(i) for i in range(20000)]
os.write(1, b'done\n'); os.read(0, 9))");
  ASSERT_EQ(python.read_line(), "ready");
  Tracer tracer(open_python_target(python.pid()), TraceOptions{.max_traces = 1000});
  python.write_line("go");
  ASSERT_EQ(python.read_line(), "done");
  wait_until_blocked(python.pid());
  const TraceStatus status = tracer.status();
  // A few of the thousand may have been freed since.
  EXPECT_LE(status.traces, 1000U);
  EXPECT_GE(status.traces, 900U);
  EXPECT_EQ(tracer.snapshot().traces().size(), status.traces);
  ASSERT_EQ(status.losses.size(), 1U);
  EXPECT_EQ(status.losses[0].key, "traces_full");
  EXPECT_GE(status.losses[0].count, 19000U);
}

TEST_P(TracerTest, a_forked_child_is_freed_of_the_breakpoints_and_the_parent_stays_traced) {
  PythonProcess python(GetParam().path, R"(
import os, time
def busy(n):
    t = time.perf_counter()
    for i in range(n): object()
    return time.perf_counter() - t
calm = min(busy(20000) for _ in range(5))
os.write(1, b'ready\n'); os.read(0, 9)
pid = os.fork()
if pid == 0:
    time.sleep(3)
    slow = min(busy(20000) for _ in range(5))
    os.write(1, b'%d\n' % int(100 * slow / calm))
    os._exit(0)
os.waitpid(pid, 0)
kept = [str(i) * 9 for i in range(5000)]
os.write(1, b'done\n'); os.read(0, 9))");
  ASSERT_EQ(python.read_line(), "ready");
  Tracer tracer(open_python_target(python.pid()), TraceOptions{});
  python.write_line("go");
  for (int i = 0; i < 20; ++i) {  // the child sleeps meanwhile
    tracer.poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  // With breakpoints a pair costs tens of times as much; 4x leaves room for a busy machine.
  EXPECT_LT(std::stol(python.read_line()), 400) << "percent of the speed before";
  ASSERT_EQ(python.read_line(), "done");
  wait_until_blocked(python.pid());
  EXPECT_GE(line_of(tracer.snapshot(), 16).count, 5000U);
}

TEST_P(TracerTest, code_that_dies_keeps_its_name_and_a_later_one_at_its_address_gets_its_own) {
  PythonProcess python(GetParam().path, R"(
import os
os.write(1, b'ready\n'); os.read(0, 9)
kept = []
for i in range(300):
    space = {'kept': kept}
    exec(compile('kept.append(bytes(2000))', 'made%d.py' % i, 'exec'), space)
os.write(1, b'done\n'); os.read(0, 9))");
  ASSERT_EQ(python.read_line(), "ready");
  Tracer tracer(open_python_target(python.pid()), TraceOptions{});
  python.write_line("go");
  ASSERT_EQ(python.read_line(), "done");
  wait_until_blocked(python.pid());
  const Snapshot snapshot = tracer.snapshot();
  std::map<std::string, std::uint64_t> blocks;
  for (const Statistic& statistic : statistics(snapshot, KeyType::filename)) {
    blocks[std::string(snapshot.table().string(statistic.key.frame.filename))] = statistic.count;
  }
  for (int i = 0; i < 300; ++i) {
    EXPECT_GE(blocks["made" + std::to_string(i) + ".py"], 1U) << i;
  }
  EXPECT_EQ(tracer.status().lost(), 0U);
}

TEST_P(TracerTest, a_million_blocks_are_read_while_the_target_runs) {
  PythonProcess python(GetParam().path, R"(
import os, sys, threading
os.write(1, b'ready\n'); os.read(0, 9)
kept = [object() for i in range(1000000)]
os.write(1, b'done\n')
end = threading.Event()
def churn():
    while not end.is_set():
        [str(i) for i in range(100)]
thread = threading.Thread(target=churn); thread.start()
sys.stdin.readline(); end.set(); thread.join()
os.write(1, b'bye\n'))");
  ASSERT_EQ(python.read_line(), "ready");
  Tracer tracer(open_python_target(python.pid()), TraceOptions{.frames = 1});
  python.write_line("go");
  ASSERT_EQ(python.read_line(300), "done");
  // The objects, the list and its items: nothing that lives all the time is ever read twice or not.
  const std::uint64_t blocks = line_of(tracer.snapshot(), 4).count;
  EXPECT_GE(blocks, 1000000U);
  EXPECT_LE(blocks, 1000010U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(line_of(tracer.snapshot(), 4).count, blocks);
  }
  python.write_line("end");
  EXPECT_EQ(python.read_line(), "bye");
}

class PerfEventsTest : public LiveTest {};

TEST_P(PerfEventsTest, serve_where_uprobe_multi_is_missing) {
  ::setenv("TMBPF_WITHOUT", "uprobe_multi", 1);
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = 1024;  // a login's usual limit: too few for 720 events and their links
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  PythonProcess python(GetParam().path, R"(
import os
os.write(1, b'ready\n'); os.read(0, 9)
kept = [bytes(3000) for i in range(1000)] + [str(i) for i in range(10000)]
os.write(1, b'done\n'); os.read(0, 9))");
  ASSERT_EQ(python.read_line(), "ready");
  {
    Tracer tracer(open_python_target(python.pid()), TraceOptions{});
    python.write_line("go");
    EXPECT_EQ(python.read_line(120), "done");
    wait_until_blocked(python.pid());
    const auto coverage = tracer.coverage();
    EXPECT_EQ(coverage->missing, 0U);
    EXPECT_EQ(coverage->extra, 0U);
    EXPECT_GE(line_of(tracer.snapshot(), 4).count, 11000U);
  }
  ::unsetenv("TMBPF_WITHOUT");
}

// The kernel takes 0.1 s to detach each: two Pythons, and with scripts/test --thorough all of them.
std::vector<PythonInterpreter> some_pythons() {
  std::vector<PythonInterpreter> pythons = supported_pythons();
  if (std::getenv("TMBPF_THOROUGH") == nullptr) {
    pythons.resize(std::min<std::size_t>(pythons.size(), 2));
  }
  return pythons;
}

INSTANTIATE_TEST_SUITE_P(Pythons, TracerTest, testing::ValuesIn(supported_pythons()), python_name);
INSTANTIATE_TEST_SUITE_P(Pythons, PerfEventsTest, testing::ValuesIn(some_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
