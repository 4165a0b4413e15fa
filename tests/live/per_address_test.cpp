// SPDX-License-Identifier: Apache-2.0
// The blocks that the probes attribute against the blocks in pymalloc's pools, address by address:
// compared here from the tracer's own list and two readings of the heap, and the tracer's coverage
// must say the same. TMBPF_TEST_PYTHONS chooses the interpreters.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>

#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"
#include "tests/live/live_test.h"
#include "tests/support/python_process.h"

namespace tmbpf {
namespace {

// Every kind of allocation: objects of many types, reallocation up and down, code that comes and
// goes, exceptions, generators, threads, regular expressions, JSON, a collection in between.
constexpr const char* kWorkload = R"(
import gc, json, os, re, sys, threading, types
def work(seed):
    kept = []
    for i in range(300):
        kept.append({'key%d' % j: [j] * (j % 7) for j in range(i % 23)})
        kept.append(str(i) * (i % 40))
        kept.append(tuple(range(i % 30)))
        kept.append((float(i), complex(i, seed), 1 << (i % 600)))
        kept.append(bytearray(i * 3))
        kept.append(types.SimpleNamespace(a=i, b=[seed]))
        kept.append({i, seed, str(seed)})
    for i in range(0, len(kept), 3):
        kept[i] = None
    buffers = [bytearray() for _ in range(20)]
    for step in range(60):
        for b in buffers:
            b.extend(b'x' * (step * 7))
    for b in buffers:
        del b[len(b) // 9:]
    grown = []
    for i in range(3000):
        grown.append(i * 1000003)
    while len(grown) > 700:
        grown.pop()
    codes = [compile('def f%d(x=%d):\n  return [x] * 3\n' % (i, i), 'gen%d.py' % i, 'exec') for i in range(20)]
    spaces = []
    for code in codes[::2]:
        space = {}
        exec(code, space)
        spaces.append(space)
    del codes
    errors = []
    for i in range(50):
        try:
            [][i]
        except IndexError as error:
            errors.append(error)
    gens = [(x * 2 for x in range(100)) for _ in range(30)]
    for g in gens:
        next(g)
    text = json.dumps({'a': [1.5 * i for i in range(300)], 'b': {str(i): None for i in range(200)}})
    return [kept, buffers, grown, spaces, errors, gens, json.loads(text), re.compile('(a|b%d)+c{2,5}' % seed)]
def threaded(seed, out):
    out.append(work(seed))
sys.stdin.readline
print('ready')
os.read(0, 100)
held = [work(seed) for seed in range(4)]
out = []
threads = [threading.Thread(target=threaded, args=(s, out)) for s in range(4)]
for t in threads: t.start()
for t in threads: t.join()
del held[1]
gc.collect()
os.write(1, b'done\n')
os.read(0, 100)
)";

// What goes wrong once in many is looked for on the system's Python, the most used build;
// TMBPF_RUNS asks for as many on each.
int runs_on(const PythonInterpreter& python) {
  if (const char* asked = std::getenv("TMBPF_RUNS"); asked != nullptr) {
    return std::stoi(asked);
  }
  return python.path.starts_with("/usr/bin/") ? 20 : 5;
}

// Sums over the runs, and what scripts/test --targets shows of them.
struct AddressCount {
  std::size_t attributed = 0;  // live in the pools, with a trace
  std::size_t missing = 0;     // live, not there at the attach, without a trace
  std::size_t extra = 0;       // a trace inside an arena, of a block that is not live
  std::size_t before = 0;      // live, there at the attach, without a trace
  void operator+=(const AddressCount& other) {
    attributed += other.attributed;
    missing += other.missing;
    extra += other.extra;
    before += other.before;
  }
};

AddressCount compare(const PymallocHeap& at_attach, const PymallocHeap& now,
                     const Snapshot& traces) {
  AddressCount count;
  BlockSet recorded;
  for (const Trace& trace : traces.traces()) {
    if (trace.domain == 0 && now.in_arena(trace.address)) {
      recorded.insert(trace.address);
      count.extra += now.blocks.contains(trace.address) ? 0 : 1;
    }
  }
  now.blocks.for_each([&](std::uint64_t address) {
    if (recorded.contains(address)) {
      ++count.attributed;
    } else if (at_attach.blocks.contains(address)) {
      ++count.before;
    } else {
      ++count.missing;
    }
  });
  return count;
}

class PerAddress : public LiveTest {
 protected:
  static AddressCount run() {
    PythonProcess python(GetParam().path, kWorkload);
    EXPECT_EQ(python.read_line(), "ready");
    wait_until_blocked(python.pid());
    Tracer tracer(open_python_target(python.pid()), TraceOptions{.frames = 1});
    const ProcessMemory memory(python.pid());
    const PymallocHeap at_attach = read_pymalloc_heap(memory, tracer.target().python);
    python.write_line("go");
    EXPECT_EQ(python.read_line(), "done");
    wait_until_blocked(python.pid());
    const PymallocHeap now = read_pymalloc_heap(memory, tracer.target().python);
    EXPECT_EQ(now.unsettled_pools, 0U);
    const AddressCount count = compare(at_attach, now, tracer.snapshot(std::nullopt, true));
    expect_same(tracer.coverage(), count);
    const TraceStatus status = tracer.status();
    EXPECT_EQ(status.lost(), 0U);
    for (const Loss& loss : status.losses) {
      ADD_FAILURE() << loss.key << ": " << loss.count;
    }
    return count;
  }

  static void expect_same(const std::optional<Coverage>& coverage, const AddressCount& count) {
    ASSERT_TRUE(coverage.has_value());
    EXPECT_EQ(coverage->attributed, count.attributed);
    EXPECT_EQ(coverage->missing, count.missing);
    EXPECT_EQ(coverage->extra, count.extra);
    EXPECT_EQ(coverage->before, count.before);
  }
};

TEST_P(PerAddress, live_blocks_are_those_in_the_pools_in_every_run) {
  AddressCount sum;
  const int runs = runs_on(GetParam());
  ASSERT_GT(runs, 0);
  for (int i = 0; i < runs; ++i) {
    const AddressCount count = run();
    EXPECT_EQ(count.missing, 0U) << "run " << i;
    EXPECT_EQ(count.extra, 0U) << "run " << i;
    EXPECT_GT(count.attributed, 30000U) << "run " << i;
    sum += count;
  }
  RecordProperty("attributed", std::to_string(sum.attributed));
  RecordProperty("missing", std::to_string(sum.missing));
  RecordProperty("extra", std::to_string(sum.extra));
}

INSTANTIATE_TEST_SUITE_P(Pythons, PerAddress, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
