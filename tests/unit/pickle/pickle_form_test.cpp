// SPDX-License-Identifier: Apache-2.0
// The older forms, as any Python sees them.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/pickle/python_snapshots.h"
#include "tests/unit/pickle/snapshot_text.h"
#include "tests/unit/util_scratch_directory.h"

namespace tmbpf::test {
namespace {

Snapshot one_of_each() {
  Snapshot snapshot;
  snapshot.set_traceback_limit(7);
  const std::array frames{
      snapshot.add_frame(snapshot.add_string("a.py"), 2, snapshot.add_string("f")),
      snapshot.add_frame(snapshot.add_string("b.py"), 4)};
  const TracebackId cut = snapshot.add_traceback(frames, 9);
  snapshot.add_trace({.domain = 7, .traceback = cut, .size = 10, .time = 5});
  snapshot.add_trace({.domain = 7, .traceback = cut, .size = 11, .weight = 2});
  snapshot.add_trace({.traceback = snapshot.add_traceback({}, 0), .size = 3});
  return snapshot;
}

std::string in_python(PickleForm form, const std::string& expression) {
  const ScratchDirectory directory;
  write_file(directory.path("x"), pickled(one_of_each(), form));
  return run_python(pickling_pythons().back(),
                    "import array, sys, tracemalloc\n"
                    "s = tracemalloc.Snapshot.load(sys.argv[1])\n"
                    "print(" +
                        expression + ", end='')\n",
                    {directory.path("x")});
}

constexpr const char* kAttributes = "s.traces._traces, sorted(vars(s))";

TEST(PickleForm, HasTuplesOfFourForPython39) {
  EXPECT_EQ(in_python(PickleForm::python_3_9, kAttributes),
            "[(7, 10, (('a.py', 2), ('b.py', 4)), 9), (7, 11, (('a.py', 2), ('b.py', 4)), 9), "
            "(7, 11, (('a.py', 2), ('b.py', 4)), 9), (0, 3, (('<unknown>', 0),), 1)] "
            "['tmbpf_functions', 'tmbpf_times', 'tmbpf_weights', 'traceback_limit', 'traces']");
}

TEST(PickleForm, HasTuplesOfThreeForPython36) {
  EXPECT_EQ(in_python(PickleForm::python_3_6, kAttributes),
            "[(7, 10, (('a.py', 2), ('b.py', 4))), (7, 11, (('a.py', 2), ('b.py', 4))), "
            "(7, 11, (('a.py', 2), ('b.py', 4))), (0, 3, (('<unknown>', 0),))] "
            "['tmbpf_functions', 'tmbpf_times', 'tmbpf_total_nframe', 'tmbpf_weights', "
            "'traceback_limit', 'traces']");
}

TEST(PickleForm, HasTuplesOfTwoForPython34) {
  EXPECT_EQ(in_python(PickleForm::python_3_4, kAttributes),
            "[(10, (('a.py', 2), ('b.py', 4))), (11, (('a.py', 2), ('b.py', 4))), "
            "(11, (('a.py', 2), ('b.py', 4))), (3, (('<unknown>', 0),))] "
            "['tmbpf_domains', 'tmbpf_functions', 'tmbpf_times', 'tmbpf_total_nframe', "
            "'tmbpf_weights', 'traceback_limit', 'traces']");
}

TEST(PickleForm, LaysOutItsOwnAttributesAsDocumented) {
  EXPECT_EQ(in_python(PickleForm::python_3_4,
                      "s.tmbpf_domains, s.tmbpf_weights, s.tmbpf_functions, s.tmbpf_total_nframe, "
                      "list(array.array('q', s.tmbpf_times)), "
                      "s.tmbpf_functions['f'][0] is s.traces._traces[0][1][0], "
                      "s.tmbpf_total_nframe[9][0] is s.traces._traces[0][1]"),
            "[(0, 3, 7)] [(1, 2, 2.0)] {'f': [('a.py', 2)]} {9: [(('a.py', 2), ('b.py', 4))]} "
            "[5, 0, 0] True True");
}

}  // namespace
}  // namespace tmbpf::test
