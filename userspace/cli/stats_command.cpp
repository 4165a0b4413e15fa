// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/stats_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "userspace/cli/file_progress.h"
#include "userspace/cli/standard_output.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/files/source_files.h"
#include "userspace/model/age_filter.h"
#include "userspace/model/statistics.h"
#include "userspace/view/human_text.h"
#include "userspace/view/metrics_text.h"
#include "userspace/view/statistics_json.h"
#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

// Of pytracemalloc 0.9: "2013-09-01 12:00:00".
constexpr const char* kOldTime = "timestamp";

// One file, as the options want it.
struct View {
  std::string path;
  std::string name;  // for titles
  Snapshot snapshot;
  BlockSum hidden;  // what the filters left out
};

template <typename Value>
std::optional<Value> metadatum(const Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.metadata().find(key);
  if (found == snapshot.metadata().end()) {
    return std::nullopt;
  }
  if (const auto* value = std::get_if<Value>(&found->second)) {
    return *value;
  }
  return std::nullopt;
}

std::string time_text(const Snapshot& snapshot) {
  const auto time = metadatum<double>(snapshot, "time");
  if (!time) {
    return printable(metadatum<std::string>(snapshot, kOldTime).value_or(""));
  }
  if (!(std::fabs(*time) < 1e11)) {
    return "";
  }
  const auto seconds = static_cast<std::time_t>(*time);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &parts) == nullptr) {
    return "";
  }
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

BlockSum sum_of(const Snapshot& snapshot) {
  BlockSum sum;
  snapshot.traces().for_each([&sum](std::uint32_t, TracebackId, std::uint64_t size, double weight) {
    sum.add(size, weight);
  });
  return sum;
}

std::vector<StatisticDiff> rows_of(const Snapshot& snapshot, const Snapshot* old,
                                   const AnalysisOptions& options) {
  if (old != nullptr) {
    return compare_to(snapshot, *old, options.group_by, options.cumulative);
  }
  std::vector<StatisticDiff> rows;
  for (const Statistic& each : statistics(snapshot, options.group_by, options.cumulative)) {
    rows.push_back({.key = each.key, .size = each.size, .count = each.count});
  }
  return rows;
}

void sort_rows(std::vector<StatisticDiff>& rows, SortOrder order) {
  const auto value = [order](const StatisticDiff& row) -> long double {
    switch (order) {
      case SortOrder::size:
        return static_cast<long double>(row.size);
      case SortOrder::count:
        return static_cast<long double>(row.count);
      case SortOrder::average:
        return row.count == 0
                   ? 0.0L
                   : static_cast<long double>(row.size) / static_cast<long double>(row.count);
      case SortOrder::size_diff:
        return static_cast<long double>(row.size_diff);
      case SortOrder::count_diff:
        return static_cast<long double>(row.count_diff);
      case SortOrder::tracemalloc:
        break;
    }
    return 0;
  };
  if (order != SortOrder::tracemalloc) {
    std::ranges::stable_sort(rows, std::ranges::greater(), value);
  }
}

class Analysis {
 public:
  explicit Analysis(const AnalysisOptions& options)
      : options_(options), table_(std::make_shared<TracebackTable>()) {}

  View open(const std::string& path) {
    FileProgress progress(path);
    Snapshot whole = read_snapshot(path, table_, progress.reporter(), options_.read_scope());
    progress.clear();
    const BlockSum all = sum_of(whole);
    Snapshot some =
        options_.filters.empty() ? std::move(whole) : filter_traces(whole, options_.filters);
    some = by_address(by_age(std::move(some), path), path);
    BlockSum hidden = all.without(sum_of(some));
    return {.path = path, .name = path, .snapshot = std::move(some), .hidden = hidden};
  }

  void show(const View& view, const View* old, bool several) {
    std::vector<StatisticDiff> rows =
        rows_of(view.snapshot, old != nullptr ? &old->snapshot : nullptr, options_);
    sort_rows(rows, options_.sort);
    if (options_.json) {
      const std::size_t limit = options_.style.limit == 0 ? rows.size() : options_.style.limit;
      write_statistics_json(std::span(rows).first(std::min(limit, rows.size())), old != nullptr,
                            view.snapshot.metadata(), *table_, print_piece);
      print_piece("\n");
      return;
    }
    show_text(view, old, rows, several);
  }

 private:
  [[nodiscard]] Snapshot by_age(Snapshot snapshot, const std::string& path) const {
    if (!options_.older && !options_.newer) {
      return snapshot;
    }
    const auto time = metadatum<double>(snapshot, "time");
    if (!time || !has_times(snapshot)) {
      throw Error(fmt::format("{} does not tell when its blocks were allocated", path),
                  "Leave out --older and --newer, or take snapshots in a mode that keeps times.");
    }
    return filter_by_age(snapshot, *time, options_.older, options_.newer);
  }

  // A block also holds what lies within it.
  [[nodiscard]] Snapshot by_address(Snapshot snapshot, const std::string& path) const {
    if (!options_.block) {
      return snapshot;
    }
    Snapshot result = snapshot.without_traces();
    bool known = snapshot.traces().empty();
    for (const Trace& trace : snapshot.traces()) {
      known = known || trace.address != 0;
      if (trace.address != 0 &&
          *options_.block - trace.address < std::max<std::uint64_t>(trace.size, 1)) {
        result.add_trace(trace);
      }
    }
    if (!known) {
      throw Error(fmt::format("{} has no addresses", path),
                  "Take the snapshot with `tmbpf snapshot --addresses`.");
    }
    return result;
  }

  void show_text(const View& view, const View* old, const std::vector<StatisticDiff>& rows,
                 bool several) {
    TopInput input{.table = *table_,
                   .rows = rows,
                   .type = options_.group_by,
                   .cumulative = options_.cumulative,
                   .compared = old != nullptr,
                   .time = time_text(view.snapshot)};
    if (several || input.time.empty()) {
      input.name = view.name;
    }
    if (old != nullptr) {
      input.compared_to = old->path;
    }
    const BlockSum sum = sum_of(view.snapshot);
    const BlockSum before = old != nullptr ? sum_of(old->snapshot) : BlockSum();
    input.total.size = sum.size();
    input.total.count = sum.count();
    input.total.size_diff = static_cast<std::int64_t>(sum.size() - before.size());
    input.total.count_diff = static_cast<std::int64_t>(sum.count() - before.count());
    input.metrics = metrics_lines(view.snapshot.metadata(),
                                  old != nullptr ? &old->snapshot.metadata() : nullptr);
    input.source = [this](std::string_view filename, std::uint32_t lineno) {
      return sources_.line(filename, lineno);
    };
    for (const std::string& line : top_lines(input, options_.style)) {
      print_piece(line + '\n');
    }
    if (!view.hidden.empty()) {
      print_piece(fmt::format("Hidden by filters: size={}, count={}\n",
                              format_size(static_cast<double>(view.hidden.size())),
                              view.hidden.count()));
    }
  }

  const AnalysisOptions& options_;
  std::shared_ptr<TracebackTable> table_;
  SourceFiles sources_;
};

template <typename Time>
void sort_by(std::vector<View>& views, const char* key) {
  const auto time = [key](const View& view) { return metadatum<Time>(view.snapshot, key); };
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
  const auto pid = [](const View& view) { return metadatum<std::int64_t>(view.snapshot, "pid"); };
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
