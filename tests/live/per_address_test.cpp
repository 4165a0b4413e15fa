// SPDX-License-Identifier: Apache-2.0
// The blocks that the probes attribute against the blocks in pymalloc's pools, address by address.
#include <gtest/gtest.h>

#include <string>

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

class PerAddress : public LiveTest {};

TEST_P(PerAddress, live_blocks_are_those_in_the_pools_in_twenty_runs) {
  for (int run = 0; run < 20; ++run) {
    PythonProcess python(GetParam().path, kWorkload);
    ASSERT_EQ(python.read_line(), "ready");
    Tracer tracer(open_python_target(python.pid()), TraceOptions{.frames = 1});
    python.write_line("go");
    ASSERT_EQ(python.read_line(), "done");
    wait_until_blocked(python.pid());
    const auto coverage = tracer.coverage();
    ASSERT_TRUE(coverage.has_value());
    EXPECT_EQ(coverage->missing, 0U) << "run " << run;
    EXPECT_EQ(coverage->extra, 0U) << "run " << run;
    EXPECT_EQ(coverage->unsettled_pools, 0U);
    EXPECT_GT(coverage->attributed, 30000U);
    const TraceStatus status = tracer.status();
    EXPECT_EQ(status.lost(), 0U);
    for (const Loss& loss : status.losses) {
      ADD_FAILURE() << loss.key << ": " << loss.count;
    }
    if (run == 0) {
      RecordProperty("attributed", static_cast<int>(coverage->attributed));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pythons, PerAddress, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
