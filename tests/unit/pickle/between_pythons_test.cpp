// SPDX-License-Identifier: Apache-2.0
// Pickles from each Python to us, and from us to each Python.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/python_name.h"
#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/pickle/python_snapshots.h"
#include "tests/unit/pickle/snapshot_text.h"
#include "tests/unit/pickle/weighted_snapshot.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/file_source.h"
#include "userspace/files/pickle/pickle_reader.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

class BetweenPythons : public testing::TestWithParam<PythonInterpreter> {
 protected:
  [[nodiscard]] std::vector<std::string> take_snapshots() const {
    std::istringstream lines(run_python(GetParam(), kTakeSnapshots, {directory_.path(".")}));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
      names.push_back(line);
    }
    return names;
  }
  [[nodiscard]] std::string say(const std::string& program,
                                const std::vector<std::string>& arguments) const {
    return run_python(GetParam(), kShowTraces + program, arguments);
  }

  ScratchDirectory directory_;
};

Snapshot read_named(const std::string& path) {
  FileSource source(path);
  return read_pickle(source);
}

TEST_P(BetweenPythons, EveryTraceIsReadAsPythonHasIt) {
  const auto names = take_snapshots();
  ASSERT_GE(names.size(), 30U);
  std::string ours;
  for (const std::string& name : names) {
    ours += name + "\n" + trace_text(read_named(name));
  }
  const std::string theirs =
      say("for name in sys.argv[1:]:\n"
          "    write(name + '\\n')\n"
          "    show(load(name))\n",
          names);
  EXPECT_EQ(first_difference(ours, theirs), "");
}

TEST_P(BetweenPythons, APickleComesBackEqualWithAllAttributes) {
  const auto names = take_snapshots();
  for (const std::string& name : names) {
    write_file(name + ".ours", pickled(read_named(name), form_of(GetParam())));
  }
  EXPECT_EQ(say("def rest(snapshot):\n"
                "    return ascii(sorted(item for item in vars(snapshot).items()\n"
                "                        if item[0] != 'traces'))\n"
                "for name in sys.argv[1:]:\n"
                "    theirs, ours = load(name), load(name + '.ours')\n"
                "    assert ours.traces._traces == theirs.traces._traces, name\n"
                "    assert rest(ours) == rest(theirs), (name, rest(ours), rest(theirs))\n"
                "print('equal', end='')\n",
                names),
            "equal");
}

TEST_P(BetweenPythons, AttributesOfSimpleTypesBecomeMetadata) {
  ASSERT_FALSE(take_snapshots().empty());
  const Metadata metadata = read_named(directory_.path("attributes-1-2")).metadata();
  EXPECT_EQ(metadata.at("attribute.pid"), MetadataValue(std::int64_t{42}));
  EXPECT_EQ(metadata.at("attribute.note"), MetadataValue("caf\xc3\xa9 \xed\xa0\x80"));
  EXPECT_EQ(metadata.at("attribute.share"), MetadataValue(0.1));
  EXPECT_EQ(metadata.at("attribute_json.a%20name%20%3d%20%c3%a9"), MetadataValue("false"));
  EXPECT_EQ(metadata.at("attribute_json.nested"),
            MetadataValue(R"([null,true,{"$tuple":[1,"a"]},{"$dict":[["a",[]],[2,{"$tuple":[]}]]},)"
                          R"({"$int":"000000000000000040"},{"$int":"0000000000000000ff"},)"
                          R"({"$float":"inf"}])"));
  EXPECT_EQ(metadata.size(), 6U);
}

std::string statistics_text(const Snapshot& snapshot) {
  std::string text;
  for (const KeyType key : {KeyType::lineno, KeyType::filename}) {
    for (const bool cumulative : {false, true}) {
      for (const Statistic& statistic :
           statistics(snapshot, key, cumulative ? Cumulative::yes : Cumulative::no)) {
        text += to_string(statistic, snapshot.table()) + "\n";
      }
    }
  }
  return text + trace_text(snapshot);
}

TEST_P(BetweenPythons, OursHaveTheSameStatisticsInPython) {
  std::string ours;
  std::vector<std::string> names;
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const Snapshot snapshot = random_snapshot(seed);
    names.push_back(directory_.path(fmt::format("{}", seed)));
    const std::string bytes = pickled(snapshot, form_of(GetParam()));
    write_file(names.back(), bytes);
    std::string text = statistics_text(snapshot);
    if (form_of(GetParam()) != PickleForm::python_3_9) {
      text = text.substr(0, text.size() - trace_text(snapshot).size());
    }
    ours += text;
  }
  const bool totals = form_of(GetParam()) == PickleForm::python_3_9;
  const std::string theirs =
      say(fmt::format("for name in sys.argv[1:]:\n"
                      "    snapshot = load(name)\n"
                      "    for key in 'lineno', 'filename':\n"
                      "        for cumulative in False, True:\n"
                      "            for stat in snapshot.statistics(key, cumulative):\n"
                      "                write(str(stat) + '\\n')\n"
                      "    if {}:\n"
                      "        show(snapshot)\n",
                      totals ? "True" : "False"),
          names);
  EXPECT_EQ(first_difference(ours, theirs), "");
}

TEST_P(BetweenPythons, AWeightIsThatManyTraces) {
  Snapshot snapshot;
  const std::array frame{snapshot.add_frame(snapshot.add_string("a.py"), 1)};
  const TracebackId traceback = snapshot.add_traceback(frame, 1);
  for (const double weight : {1.0, 3.0, 2.5, 3.5, 0.1, 1500.0}) {
    snapshot.add_trace({.traceback = traceback, .size = 10, .weight = weight});
  }
  const std::string name = directory_.path("x");
  write_file(name, pickled(snapshot, form_of(GetParam())));
  EXPECT_EQ(say("s = load(sys.argv[1])\n"
                "print(s.statistics('lineno')[0], s.tmbpf_weights, end='')\n",
                {name}),
            "a.py:1: size=14.8 KiB, count=1511, average=10 B "
            "[(1, 3, 3.0), (4, 2, 2.5), (6, 4, 3.5), (10, 1, 0.1), (11, 1500, 1500.0)]");
}

TEST_P(BetweenPythons, AllThatIsOursOutlivesPythonsLoadAndDump) {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    const Snapshot snapshot = weighted_snapshot(seed);
    const std::string name = directory_.path(fmt::format("{}", seed));
    write_file(name, pickled(snapshot, form_of(GetParam())));
    ASSERT_EQ(say("load(sys.argv[1]).dump(sys.argv[1])\n", {name}), "");
    EXPECT_EQ(first_difference(full_text(read_named(name)), full_text(snapshot)), "") << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, BetweenPythons, testing::ValuesIn(pickling_pythons()), python_name);

}  // namespace
}  // namespace tmbpf::test
