// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/stats_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "userspace/cli/analysis.h"
#include "userspace/cli/standard_output.h"

namespace tmbpf {
namespace {

using View = Analysis::View;

template <typename Time>
void sort_by(std::vector<View>& views, const char* key) {
  const auto time = [key](const View& view) {
    return metadatum<Time>(view.snapshot.metadata(), key);
  };
  if (std::ranges::all_of(views, [&](const View& view) { return time(view).has_value(); })) {
    std::ranges::stable_sort(views, {}, time);
  }
}

// In the order of their times, when each has one of the same kind.
void sort_by_time(std::vector<View>& views) {
  sort_by<double>(views, "time");
  sort_by<std::string>(views, kOldTime);
}

// Also in their names.
void warn_about_pids(std::vector<View>& views) {
  const auto pid = [](const View& view) {
    return metadatum<std::int64_t>(view.snapshot.metadata(), "pid");
  };
  std::set<std::int64_t> pids;
  for (const View& view : views) {
    if (pid(view)) {
      pids.insert(*pid(view));
    }
  }
  if (pids.size() < 2) {
    return;
  }
  fmt::print(stderr, "tmbpf: warning: snapshots of different processes: {}\n",
             fmt::join(pids, ", "));
  for (View& view : views) {
    view.name += pid(view) ? fmt::format(" [pid {}]", *pid(view)) : "";
  }
}

std::vector<std::string> without_repeats(const std::vector<std::string>& paths) {
  std::vector<std::string> result;
  for (const std::string& path : paths) {
    if (std::ranges::find(result, path) == result.end()) {
      result.push_back(path);
    }
  }
  return result;
}

}  // namespace

int run_stats(const std::vector<std::string>& paths, bool first, const AnalysisOptions& options) {
  Analysis analysis(options);
  std::vector<View> views;
  for (const std::string& path : without_repeats(paths)) {
    views.push_back(analysis.open(path));
  }
  sort_by_time(views);
  warn_about_pids(views);
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (i > 0 && !options.json) {
      print_piece("\n");
    }
    analysis.show(views[i], i == 0 ? nullptr : &views[first ? 0 : i - 1], views.size() > 1);
  }
  if (views.size() > 1 && !options.json) {
    print_piece(fmt::format("\n{} snapshots\n", views.size()));
  }
  return 0;
}

int run_diff(const std::string& old, const std::string& path, const AnalysisOptions& options) {
  Analysis analysis(options);
  std::vector<View> views;
  views.push_back(analysis.open(old));
  views.push_back(analysis.open(path));
  warn_about_pids(views);
  analysis.show(views[1], &views.front(), true);
  return 0;
}

}  // namespace tmbpf
