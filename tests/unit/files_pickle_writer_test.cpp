// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "tests/unit/util_command.h"
#include "tests/unit/util_python_interpreter.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/files/snapshot_file.h"

namespace tmbpf::test {
namespace {

// What `expression` prints in Python, with `s` the snapshot as Python loaded it.
std::string in_python(const Snapshot& snapshot, const std::string& expression) {
  const auto python = find_python();
  if (!python) {
    return "no Python 3.9 or later in PATH";
  }
  const ScratchDirectory directory;
  const std::string path = directory.path("x.pickle");
  write_snapshot(snapshot, path);
  const std::string program = fmt::format(
      "import pickletools, sys, tracemalloc\n"
      "name = sys.argv[1]\n"
      "s = tracemalloc.Snapshot.load(name)\n"
      "print({}, end='')\n",
      expression);
  return run_command({*python, "-c", program, path}).output;
}

TracebackId one_line(Snapshot& snapshot, std::string_view filename, std::uint32_t lineno) {
  const std::array frames{snapshot.add_frame(snapshot.add_string(filename), lineno)};
  return snapshot.add_traceback(frames, 1);
}

TEST(PickleWriter, WritesAnEmptySnapshotThatPythonCanUse) {
  EXPECT_EQ(in_python(Snapshot(),
                      "list(s.traces), s.traceback_limit, s.statistics('lineno'), "
                      "vars(s).keys()"),
            "[] 1 [] dict_keys(['traces', 'traceback_limit'])");
}

TEST(PickleWriter, WritesTheTuplesThatTracemallocWrites) {
  Snapshot snapshot;
  snapshot.set_traceback_limit(25);
  const std::array frames{snapshot.add_frame(snapshot.add_string("a.py"), 2),
                          snapshot.add_frame(snapshot.add_string("b.py"), 4)};
  snapshot.add_trace({.domain = 7, .traceback = snapshot.add_traceback(frames, 9), .size = 10});
  snapshot.add_trace({.traceback = snapshot.add_traceback({}, 0), .size = 3});
  EXPECT_EQ(in_python(snapshot, "s.traces._traces, s.traceback_limit"),
            "[(7, 10, (('a.py', 2), ('b.py', 4)), 9), (0, 3, (('<unknown>', 0),), 1)] 25");
}

TEST(PickleWriter, KeepsToProtocol4AndTwoClasses) {
  Snapshot snapshot;
  snapshot.add_trace({.traceback = one_line(snapshot, "a.py", 1), .size = 1});
  EXPECT_EQ(in_python(snapshot,
                      "(lambda ops: (max(o.proto for o, _, _ in ops),"
                      " [o.name for o, _, _ in ops].count('STACK_GLOBAL'),"
                      " ops[0][1]))(list(pickletools.genops(open(name, 'rb'))))"),
            "(4, 2, 4)");
}

TEST(PickleWriter, WritesNumbersOfEverySize) {
  Snapshot snapshot;
  const TracebackId traceback = one_line(snapshot, "a.py", 0xffffffff);
  std::string expected = "[";
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256}, std::uint64_t{65535},
        std::uint64_t{65536}, std::uint64_t{0x7fffffff}, std::uint64_t{0x80000000},
        std::uint64_t{0x7fffffffffffffff}, std::numeric_limits<std::uint64_t>::max()}) {
    snapshot.add_trace({.domain = 0xfffffffe, .traceback = traceback, .size = size});
    expected += fmt::format("{}{}", expected.size() > 1 ? ", " : "", size);
  }
  EXPECT_EQ(in_python(snapshot,
                      "[t.size for t in s.traces], s.traces[0].domain, "
                      "s.traces[0].traceback[0].lineno"),
            expected + "] 4294967294 4294967295");
}

TEST(PickleWriter, WritesAnyFileNameAPythonStringCanHold) {
  Snapshot snapshot;
  const std::string long_name(300, 'x');
  const std::string huge_name(70000, 'y');
  const std::vector<std::string> names{"caf\xc3\xa9.py",
                                       "\xf0\x9f\x90\x8d.py",
                                       "bad\xff.py",
                                       "lone\xed\xa0\x80.py",
                                       std::string("nul\0.py", 7),
                                       "",
                                       long_name,
                                       huge_name};
  for (const std::string& name : names) {
    snapshot.add_trace({.traceback = one_line(snapshot, name, 1), .size = 1});
  }
  EXPECT_EQ(in_python(snapshot, "ascii([t.traceback[0].filename for t in s.traces])"),
            "['caf\\xe9.py', '\\U0001f40d.py', 'bad\\udcff.py', 'lone\\ud800.py', 'nul\\x00.py', "
            "'', '" +
                long_name + "', '" + huge_name + "']");
}

TEST(PickleWriter, SharesEqualObjectsInsteadOfRepeatingThem) {
  Snapshot snapshot;
  const TracebackId traceback = one_line(snapshot, "a.py", 1);
  const FrameId same_file = snapshot.add_frame(snapshot.add_string("a.py"), 2);
  snapshot.add_trace({.traceback = traceback, .size = 1});
  snapshot.add_trace({.traceback = traceback, .size = 2});
  snapshot.add_trace({.traceback = snapshot.add_traceback(std::array{same_file}, 1), .size = 3});
  EXPECT_EQ(in_python(snapshot,
                      "(lambda t: (t[0][2] is t[1][2], t[0][2][0][0] is t[2][2][0][0]))"
                      "(s.traces._traces)"),
            "(True, True)");
}

TEST(PickleWriter, KeepsMoreObjectsApartThanOneByteCanNumber) {
  Snapshot snapshot;
  const std::uint32_t lines = 70000;
  for (std::uint32_t round = 0; round < 2; ++round) {
    for (std::uint32_t line = 0; line < lines; ++line) {
      snapshot.add_trace({.traceback = one_line(snapshot, "a.py", line), .size = line});
    }
  }
  EXPECT_EQ(in_python(snapshot,
                      "len(s.traces), all(t.size == t.traceback[0].lineno for t in "
                      "s.traces)"),
            "140000 True");
}

TEST(PickleWriter, KeepsTheDeepestTracebackThatTracemallocKnows) {
  Snapshot snapshot;
  std::vector<FrameId> frames;
  for (std::uint32_t line = 1; line <= 70000; ++line) {
    frames.push_back(snapshot.add_frame(snapshot.add_string("deep.py"), line));
  }
  snapshot.add_trace({.traceback = snapshot.add_traceback(frames, 70000), .size = 1});
  EXPECT_EQ(in_python(snapshot,
                      "(lambda t: (len(t), t.total_nframe, str(t[0]), str(t[-1])))"
                      "(s.traces[0].traceback)"),
            "(65535, 65535, 'deep.py:65535', 'deep.py:1')");
}

TEST(PickleWriter, AddsTheMetadataAsAnAttributeThatPythonKeeps) {
  Snapshot snapshot;
  snapshot.set_metadata("pid", std::int64_t{4242});
  snapshot.set_metadata("low", std::numeric_limits<std::int64_t>::min());
  snapshot.set_metadata("small", std::int64_t{-5});
  snapshot.set_metadata("elapsed", 1.25);
  snapshot.set_metadata("command", std::string("python3 caf\xc3\xa9 \xff"));
  EXPECT_EQ(in_python(snapshot, "ascii(sorted(s.tmbpf.items()))"),
            "[('command', 'python3 caf\\xe9 \\udcff'), ('elapsed', 1.25), "
            "('low', -9223372036854775808), ('pid', 4242), ('small', -5)]");
  EXPECT_EQ(in_python(snapshot, "s.dump(name) or tracemalloc.Snapshot.load(name).tmbpf['pid']"),
            "4242");
}

TEST(PickleWriter, TellsWhatTheTracerKnowsAboutTheSnapshot) {
  Snapshot snapshot;
  snapshot.set_metadata(
      {.tracer_version = "0.1.0",
       .mode = "exact",
       .pid = 4242,
       .python = "3.13.5",
       .losses = {{"stacks cut short", "frames", 2}},
       .coverage = Coverage{.attributed = 3,
                            .missing = 1,
                            .classes = {{.block_size = 32, .attributed = 3, .missing = 1}},
                            .causes = {{"no probe saw it", "not_seen", 1}}}});
  EXPECT_EQ(in_python(snapshot,
                      "[s.tmbpf[k] for k in ('pid', 'python', 'mode', 'tracer_version', 'coverage',"
                      " 'coverage.missing', 'coverage.cause.not_seen', 'before.blocks', 'lost',"
                      " 'lost.frames', 'lost.frames.what')],"
                      " {type(v).__name__ for v in s.tmbpf.values()} <= {'int', 'float', 'str'}"),
            "[4242, '3.13.5', 'exact', '0.1.0', 0.75, 1, 1, 0, 2, 2, 'stacks cut short'] True");
}

TEST(PickleWriter, WritesWhatFiltersCanWorkOn) {
  Snapshot snapshot;
  snapshot.add_trace({.traceback = one_line(snapshot, "a.py", 1), .size = 1});
  snapshot.add_trace({.traceback = one_line(snapshot, "b.py", 1), .size = 2});
  EXPECT_EQ(in_python(snapshot,
                      "len(s.filter_traces([]).traces), "
                      "s.filter_traces([tracemalloc.Filter(False, 'b.py')]).traces[0]"),
            "2 a.py:1: 1 B");
}

}  // namespace
}  // namespace tmbpf::test
