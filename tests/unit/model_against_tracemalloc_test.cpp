// SPDX-License-Identifier: Apache-2.0
// The oracle of model and pickle writer: CPython's own tracemalloc module, on random snapshots and
// filters. Both sides print everything; the texts must be equal.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/model_random_filters.h"
#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/util_command.h"
#include "tests/unit/util_python_interpreter.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/file_sink.h"
#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/files/source_files.h"
#include "userspace/model/filter.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"
#include "util/unique_fd.h"

namespace tmbpf::test {
namespace {

constexpr std::uint32_t kCases = 2000;
constexpr std::uint32_t kCasesOfOthers = 300;  // for each Python but the first

std::string frames_text(const GroupKey& key, const TracebackTable& table) {
  std::string text;
  for (const Frame& frame : frames_of(key, table)) {
    text += (text.empty() ? "" : " < ") + to_string(frame, table);
  }
  return text;
}

std::string statistics_text(const Snapshot& snapshot, const Snapshot& old) {
  const TracebackTable& table = snapshot.table();
  const std::array<std::pair<const char*, Cumulative>, 5> groupings{
      {{"lineno", Cumulative::no},
       {"filename", Cumulative::no},
       {"traceback", Cumulative::no},
       {"lineno", Cumulative::yes},
       {"filename", Cumulative::yes}}};
  std::string text;
  for (const auto& [word, cumulative] : groupings) {
    const KeyType type = *parse_key_type(word);
    text += fmt::format("{} {}\n", word, cumulative == Cumulative::yes ? 1 : 0);
    for (const Statistic& each : statistics(snapshot, type, cumulative)) {
      text += fmt::format("{} | {} | {} | {} | {}\n", to_string(each, table), repr_of(each, table),
                          each.size, each.count, frames_text(each.key, table));
    }
    for (const StatisticDiff& each : compare_to(snapshot, old, type, cumulative)) {
      text += fmt::format("{} | {} | {} | {} | {} | {} | {}\n", to_string(each, table),
                          repr_of(each, table), each.size, each.size_diff, each.count,
                          each.count_diff, frames_text(each.key, table));
    }
  }
  return text;
}

std::string traces_text(const Snapshot& snapshot, SourceFiles& sources) {
  using Limit = std::pair<std::optional<std::int64_t>, bool>;
  const std::array<Limit, 6> limits{
      Limit{std::nullopt, false}, Limit{2, false}, Limit{-1, true}, Limit{0, false},
      Limit{-9, false},           Limit{9, true}};
  const TracebackTable& table = snapshot.table();
  std::string text =
      fmt::format("limit {} traces {}\n", snapshot.traceback_limit(), snapshot.traces().size());
  const SourceReader reader = [&sources](std::string_view filename, std::uint32_t lineno) {
    return sources.line(filename, lineno);
  };
  std::size_t index = 0;
  for (const Trace& trace : snapshot.traces()) {
    const Traceback traceback = table.traceback(trace.traceback);
    text += fmt::format("{} | {} | {} | {} | {}\n", to_string(trace, table), repr_of(trace, table),
                        trace.domain, trace.size, traceback.total_nframe);
    const auto& [limit, recent_first] = limits[index++ % limits.size()];
    const auto frames =
        frames_of({.type = KeyType::traceback, .traceback = trace.traceback}, table);
    for (const std::string& line : format_frames(frames, table, reader, limit, recent_first)) {
      text += line + '\n';
    }
  }
  return text;
}

std::string filters_text(const std::vector<TraceFilter>& filters) {
  std::string text;
  for (const TraceFilter& each : filters) {
    const auto* filter = std::get_if<Filter>(&each);
    text += fmt::format("filter {}\n",
                        filter != nullptr ? normalized_filename(filter->filename_pattern) : "None");
  }
  return text;
}

// The files of one run over cases [0, count), and what we say to them.
class Cases {
 public:
  Cases(const ScratchDirectory& directory, std::uint32_t count)
      : pickles_(directory.path(fmt::format("{}.pickles", count))),
        filters_(directory.path(fmt::format("{}.json", count))) {
    const UniqueFd fd(::open(pickles_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    FileSink sink(fd.get(), pickles_);
    std::ofstream json(filters_);
    SourceFiles sources;
    const std::string source = write_source(directory);
    for (std::uint32_t seed = 0; seed < count; ++seed) {
      const auto [snapshot, old] = random_snapshots(seed, source);
      write_pickle(snapshot, sink);
      write_pickle(old, sink);
      const std::vector<TraceFilter> filters = random_filters(seed);
      json << to_json(filters) << '\n';
      const Snapshot some = filter_traces(snapshot, filters);
      const Snapshot some_old = filter_traces(old, filters);
      ours_ += statistics_text(snapshot, old) + traces_text(snapshot, sources) +
               filters_text(filters) + statistics_text(some, some_old) +
               traces_text(some_old, sources);
    }
  }

  void expect_of(const std::string& python) const {
    const CommandResult theirs =
        run_command({python, TMBPF_UNIT_TESTS "/model_against_tracemalloc.py", pickles_, filters_});
    ASSERT_EQ(theirs.exit_status, 0) << python;
    const auto [our, their] = std::ranges::mismatch(ours_, theirs.output);
    const auto at = static_cast<std::size_t>(our - ours_.begin());
    EXPECT_TRUE(ours_ == theirs.output)
        << python << " at " << at << "\nours:   " << excerpt(ours_, at)
        << "\ntheirs: " << excerpt(theirs.output, at);
  }

 private:
  static std::string excerpt(const std::string& text, std::size_t at) {
    const std::size_t begin = at < 200 ? 0 : at - 200;
    return text.substr(begin, 400);
  }

  // Lines with white space of every kind around, and none.
  static std::string write_source(const ScratchDirectory& directory) {
    std::string path = directory.path("source.py");
    std::ofstream(path) << " \t x = 1\x1f\n\r\n\xc2\xa0y = [\xe2\x80\x83]\xe3\x80\x80";
    return path;
  }

  std::string pickles_;
  std::string filters_;
  std::string ours_;
};

TEST(AgainstTracemalloc, EveryPythonSaysTheSameToRandomSnapshotsAndFilters) {
  const std::vector<std::string> pythons = find_pythons();
  ASSERT_FALSE(pythons.empty()) << "no Python 3.9 or later in PATH";
  const ScratchDirectory directory;
  Cases(directory, kCases).expect_of(pythons.front());
  const Cases fewer(directory, kCasesOfOthers);
  for (const std::string& python : pythons) {
    fewer.expect_of(python);
  }
}

}  // namespace
}  // namespace tmbpf::test
