// SPDX-License-Identifier: Apache-2.0
// What we write is what we read.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/pickle/snapshot_text.h"
#include "tests/unit/pickle/weighted_snapshot.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/file_source.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/pickle/pickle_reader.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

constexpr std::array kForms{PickleForm::python_3_9, PickleForm::python_3_6, PickleForm::python_3_4};

TEST(PickleRoundTrip, GivesBackEveryFieldInEveryForm) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const Snapshot snapshot = weighted_snapshot(seed);
    for (const PickleForm form : kForms) {
      const Snapshot back = unpickled(pickled(snapshot, form));
      ASSERT_EQ(first_difference(full_text(snapshot), full_text(back)), "")
          << seed << " " << static_cast<int>(form);
    }
  }
}

TEST(PickleRoundTrip, GivesBackAnEmptySnapshot) {
  const Snapshot back = unpickled(pickled(Snapshot()));
  EXPECT_TRUE(back.traces().empty());
  EXPECT_TRUE(back.metadata().empty());
  EXPECT_EQ(back.traceback_limit(), 1U);
}

TEST(PickleRoundTrip, KeepsApartTwoFunctionsOfOneLine) {
  Snapshot snapshot;
  const StringId file = snapshot.add_string("a.py");
  for (const char* name : {"f", "", "<lambda>"}) {
    const std::array frame{snapshot.add_frame(file, 3, snapshot.add_string(name))};
    snapshot.add_trace({.traceback = snapshot.add_traceback(frame, 1), .size = 5});
  }
  EXPECT_EQ(full_text(unpickled(pickled(snapshot))), full_text(snapshot));
}

TEST(PickleRoundTrip, ReadsTheSameInPiecesOfAnySize) {
  const Snapshot snapshot = weighted_snapshot(3);
  const std::string bytes = pickled(snapshot);
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    MemorySource source(bytes, "x", piece);
    EXPECT_EQ(full_text(read_pickle(source)), full_text(snapshot)) << piece;
  }
}

TEST(PickleRoundTrip, SharesTheTableOfAnotherSnapshot) {
  const Snapshot first = random_snapshot(5);
  const std::string bytes = pickled(first);
  MemorySource source(bytes);
  const Snapshot second = read_pickle(source, first.shared_table());
  EXPECT_EQ(second.shared_table(), first.shared_table());
  ASSERT_EQ(first.traces().size(), second.traces().size());
  EXPECT_EQ(trace_text(first), trace_text(second));
}

TEST(PickleRoundTrip, ReadsAFileAndKnowsItsSize) {
  const ScratchDirectory directory;
  const std::string bytes = pickled(weighted_snapshot(1));
  write_file(directory.path("x.pickle"), bytes);
  FileSource source(directory.path("x.pickle"));
  EXPECT_EQ(source.total(), bytes.size());
  EXPECT_EQ(full_text(read_pickle(source)), full_text(weighted_snapshot(1)));
}

TEST(PickleRoundTrip, NamesAFileThatIsMissing) {
  try {
    FileSource source("/nonexistent/x.pickle");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot read /nonexistent/x.pickle: No such file or directory");
  }
}

TEST(PickleRoundTrip, RefusesToWriteMoreBlocksThanPythonCouldLoad) {
  for (const double weight : {1e300, 1e10}) {
    Snapshot snapshot;
    snapshot.add_trace({.traceback = snapshot.add_traceback({}, 1), .size = 1, .weight = weight});
    EXPECT_THROW(pickled(snapshot), Error) << weight;
  }
}

TEST(PickleRoundTrip, TellsAPickleByItsFirstBytes) {
  EXPECT_TRUE(is_pickle(std::string_view(pickled(Snapshot())).substr(0, 16)));
  EXPECT_TRUE(is_pickle("ccopy_reg\n_recon"));
  EXPECT_TRUE(is_pickle("(dp0\nS'stats'\np1"));
  EXPECT_TRUE(is_pickle("}q\x01(U\x05stats"));
  for (const std::string_view other : {"", "\x80", "\x80\x06", "\x1f\x8b\x08", "{\"a\": 1}", "}",
                                       "(d", "\x0a\x04\x08", "memray"}) {
    EXPECT_FALSE(is_pickle(other)) << other;
  }
}

}  // namespace
}  // namespace tmbpf::test
