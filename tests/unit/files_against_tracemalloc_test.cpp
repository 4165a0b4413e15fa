// SPDX-License-Identifier: Apache-2.0
// The oracle of model and pickle writer: CPython's own tracemalloc module.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/util_command.h"
#include "tests/unit/util_python_interpreter.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

constexpr std::uint32_t kSeeds = 100;

constexpr const char* kPrintStatistics = R"(
import sys, tracemalloc
sys.stdout.reconfigure(encoding='utf-8', errors='surrogatepass')
for name in sys.argv[1:]:
    snapshot = tracemalloc.Snapshot.load(name)
    print('limit', snapshot.traceback_limit, 'traces', len(snapshot.traces))
    for key, cumulative in (('lineno', False), ('filename', False), ('traceback', False),
                            ('lineno', True), ('filename', True)):
        print(key, int(cumulative))
        for stat in snapshot.statistics(key, cumulative):
            print(stat, stat.size, stat.count, ' < '.join(map(str, stat.traceback)), sep=' | ')
    for trace in snapshot.traces:
        print(trace.domain, trace.size, trace.traceback.total_nframe, len(trace.traceback))
)";

std::string frames_text(const Statistic& statistic, const TracebackTable& table) {
  std::string text;
  for (const Frame& frame : statistic.traceback) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " < ", table.string(frame.filename),
                        frame.lineno);
  }
  return text;
}

std::string our_text(const Snapshot& snapshot) {
  const TracebackTable& table = snapshot.table();
  std::string text =
      fmt::format("limit {} traces {}\n", snapshot.traceback_limit(), snapshot.traces().size());
  const std::vector<std::pair<std::string, bool>> groupings{{"lineno", false},
                                                            {"filename", false},
                                                            {"traceback", false},
                                                            {"lineno", true},
                                                            {"filename", true}};
  for (const auto& [key, cumulative] : groupings) {
    text += fmt::format("{} {}\n", key, cumulative ? 1 : 0);
    for (const Statistic& statistic : statistics(snapshot, *parse_key_type(key), cumulative)) {
      text += fmt::format("{} | {} | {} | {}\n", to_string(statistic, table), statistic.size,
                          statistic.count, frames_text(statistic, table));
    }
  }
  for (const Trace& trace : snapshot.traces()) {
    const Traceback traceback = table.traceback(trace.traceback);
    text += fmt::format("{} {} {} {}\n", trace.domain, trace.size, traceback.total_nframe,
                        traceback.frames.size());
  }
  return text;
}

TEST(AgainstTracemalloc, EveryPythonPrintsOurStatisticsForRandomSnapshots) {
  const std::vector<std::string> pythons = find_pythons();
  ASSERT_FALSE(pythons.empty()) << "no Python 3.9 or later in PATH";
  const ScratchDirectory directory;
  std::vector<std::string> paths;
  std::string ours;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    const Snapshot snapshot = random_snapshot(seed);
    paths.push_back(directory.path(fmt::format("{}.pickle", seed)));
    write_snapshot(snapshot, paths.back());
    ours += our_text(snapshot);
  }
  for (const std::string& python : pythons) {
    std::vector<std::string> command{python, "-c", kPrintStatistics};
    command.insert(command.end(), paths.begin(), paths.end());
    const CommandResult theirs = run_command(command);
    ASSERT_EQ(theirs.exit_status, 0) << python;
    EXPECT_EQ(ours, theirs.output) << python;
  }
}

}  // namespace
}  // namespace tmbpf::test
