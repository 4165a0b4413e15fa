// SPDX-License-Identifier: Apache-2.0
// The formats that other programs read, as independent readers understand them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/unit/files_hostile_snapshot.h"
#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/util_command.h"
#include "tests/unit/util_python_interpreter.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/csv_writer.h"
#include "userspace/files/folded_writer.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/files/string_sink.h"

namespace tmbpf::test {
namespace {

// By files_by_python.py; the pickle knows no weights as Python reads it.
void expect_python_agrees(const Snapshot& snapshot, bool with_pickle) {
  const auto python = find_python();
  ASSERT_TRUE(python.has_value()) << "no Python to compare with";
  const ScratchDirectory directory;
  for (const char* name : {"x.json", "x.speedscope.json", "x.csv", "x.folded", "x.count.folded"}) {
    write_snapshot(snapshot, directory.path(name));
  }
  if (with_pickle) {
    write_snapshot(snapshot, directory.path("x.pickle"));
  }
  const CommandResult result =
      run_command({*python, TMBPF_UNIT_TESTS "/files_by_python.py", directory.path("x")});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.output, fmt::format("{}\n", snapshot.traces().size()));
}

TEST(FilesForOthers, TellPythonTheSameAsTracemallocsPickle) {
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    expect_python_agrees(random_snapshot(seed), true);
  }
}

TEST(FilesForOthers, TellPythonTheSameOfWeightedTraces) {
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    expect_python_agrees(random_rich_snapshot(seed), false);
  }
}

TEST(FilesForOthers, AreReadableWhateverTheNames) {
  expect_python_agrees(hostile_snapshot(), true);
}

TEST(FilesForOthers, AreReadableWithoutTraces) { expect_python_agrees(Snapshot(), true); }

Snapshot three_blocks() {
  Snapshot snapshot;
  const FrameId main =
      snapshot.add_frame(snapshot.add_string("a;b.py"), 10, snapshot.add_string("main"));
  const FrameId load = snapshot.add_frame(snapshot.add_string("=c.py"), 42);
  const std::array both{load, main};
  const std::array one{main};
  snapshot.add_trace({.traceback = snapshot.add_traceback(both, 2), .size = 64});
  snapshot.add_trace({.traceback = snapshot.add_traceback(both, 2), .size = 64});
  snapshot.add_trace({.domain = 7, .traceback = snapshot.add_traceback(one, 1), .size = 100});
  return snapshot;
}

TEST(FoldedWriter, WritesALineForEachTraceback) {
  StringSink bytes;
  write_folded(three_blocks(), bytes, FoldedValue::bytes);
  EXPECT_EQ(bytes.text(), "main (a:b.py:10) 100\nmain (a:b.py:10);=c.py:42 128\n");
  StringSink blocks;
  write_folded(three_blocks(), blocks, FoldedValue::blocks);
  EXPECT_EQ(blocks.text(), "main (a:b.py:10) 1\nmain (a:b.py:10);=c.py:42 2\n");
}

TEST(CsvWriter, WritesARowForEachSizeOfATraceback) {
  StringSink sink;
  write_csv(three_blocks(), sink);
  EXPECT_EQ(sink.text(),
            "blocks,size,bytes,domain,file,line,function,traceback\r\n"
            "2,64,128,0,\"'=c.py\",42,\"\",\"main (a;b.py:10)\n=c.py:42\"\r\n"
            "1,100,100,7,\"a;b.py\",10,\"main\",\"main (a;b.py:10)\"\r\n");
}

TEST(CsvWriter, WritesARowForEachBlockWhereAddressesAreKept) {
  Snapshot snapshot;
  const std::array frame{snapshot.add_frame(snapshot.add_string("a.py"), 3)};
  const TracebackId traceback = snapshot.add_traceback(frame, 1);
  for (const std::uint64_t address : {0x7f5a12345670U, 0x7f5a12345680U, 0UL}) {
    snapshot.add_trace({.traceback = traceback, .size = 16, .address = address});
  }
  StringSink sink;
  write_csv(snapshot, sink);
  EXPECT_EQ(sink.text(),
            "blocks,size,bytes,domain,address,file,line,function,traceback\r\n"
            "1,16,16,0,\"\",\"a.py\",3,\"\",\"a.py:3\"\r\n"
            "1,16,16,0,\"0x7f5a12345670\",\"a.py\",3,\"\",\"a.py:3\"\r\n"
            "1,16,16,0,\"0x7f5a12345680\",\"a.py\",3,\"\",\"a.py:3\"\r\n");
}

}  // namespace
}  // namespace tmbpf::test
