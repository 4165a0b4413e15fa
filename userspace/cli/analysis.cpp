// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/analysis.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "userspace/cli/file_progress.h"
#include "userspace/cli/standard_output.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/model/address_filter.h"
#include "userspace/model/age_filter.h"
#include "userspace/model/error_text.h"
#include "userspace/model/statistics.h"
#include "userspace/view/human_text.h"
#include "userspace/view/metrics_text.h"
#include "userspace/view/statistics_json.h"
#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::string time_text(const Snapshot& snapshot) {
  const auto time = metadatum<double>(snapshot.metadata(), "time");
  if (!time) {
    return printable(metadatum<std::string>(snapshot.metadata(), kOldTime).value_or(""));
  }
  return format_local_time(*time);
}

std::vector<StatisticDiff> rows_of(const Snapshot& snapshot, const Snapshot* old,
                                   const AnalysisOptions& options) {
  if (old != nullptr) {
    return compare_to(snapshot, *old, options.group_by, options.cumulative);
  }
  std::vector<StatisticDiff> rows;
  for (const Statistic& each : statistics(snapshot, options.group_by, options.cumulative)) {
    rows.push_back({.key = each.key,
                    .size = each.size,
                    .count = each.count,
                    .size_error = each.size_error,
                    .count_error = each.count_error});
  }
  return rows;
}

// Tables that grow would else get pages from the kernel anew each time, which is a tenth of the
// time that a large file takes.
void keep_freed_memory() {
  constexpr int kPiece = 16 << 20;
  ::mallopt(M_MMAP_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, kPiece);
}

}  // namespace

Analysis::Analysis(const AnalysisOptions& options)
    : options_(options), table_(std::make_shared<TracebackTable>()), sources_(options.source_root) {
  keep_freed_memory();
}

Analysis::View Analysis::open(const std::string& path) {
  FileProgress progress(path);
  Snapshot whole = read_snapshot(path, table_, progress.reporter(), options_.read_scope());
  progress.clear();
  const BlockSum all = total_of(whole);
  const ReplicateSum replicates = replicate_total_of(whole);
  Snapshot some =
      options_.filters.empty() ? std::move(whole) : filter_traces(whole, options_.filters);
  some = by_address(by_age(std::move(some), path), path);
  BlockSum hidden = all.without(total_of(some));
  const EstimateError error = error_of_difference(replicates, replicate_total_of(some), true);
  return {.path = path,
          .name = path,
          .snapshot = std::move(some),
          .hidden = hidden,
          .hidden_error = error};
}

void Analysis::show(const View& view, const View* old, bool several) {
  const Snapshot* const before = old != nullptr ? &old->snapshot : nullptr;
  std::vector<StatisticDiff> rows = rows_of(view.snapshot, before, options_);
  sort_rows(rows, options_.sort);
  if (options_.json) {
    const std::size_t limit = options_.style.limit == 0 ? rows.size() : options_.style.limit;
    write_statistics_json(
        std::span(rows).first(std::min(limit, rows.size())),
        {.differences = old != nullptr, .errors = has_estimates(view.snapshot, before)},
        view.snapshot.metadata(), *table_, print_piece);
    print_piece("\n");
    return;
  }
  show_text(view, old, rows, several);
}

Snapshot Analysis::by_age(Snapshot snapshot, const std::string& path) const {
  if (!options_.older && !options_.newer) {
    return snapshot;
  }
  const auto time = metadatum<double>(snapshot.metadata(), "time");
  if (!time || !has_times(snapshot)) {
    throw Error(fmt::format("{} does not tell when its blocks were allocated", path),
                "Leave out --older and --newer, or take snapshots in a mode that keeps times.");
  }
  return filter_by_age(snapshot, *time, options_.older, options_.newer);
}

Snapshot Analysis::by_address(Snapshot snapshot, const std::string& path) const {
  if (!options_.block) {
    return snapshot;
  }
  if (!snapshot.traces().empty() && !snapshot.traces().has_addresses()) {
    throw Error(fmt::format("{} has no addresses", path),
                "Take the snapshot with `tmbpf snapshot --addresses`.");
  }
  return filter_by_address(snapshot, *options_.block);
}

void Analysis::show_text(const View& view, const View* old, const std::vector<StatisticDiff>& rows,
                         bool several) {
  const Snapshot* const before = old != nullptr ? &old->snapshot : nullptr;
  TopInput input{.table = *table_,
                 .rows = rows,
                 .type = options_.group_by,
                 .cumulative = options_.cumulative,
                 .compared = old != nullptr,
                 .estimated = has_estimates(view.snapshot, before),
                 .time = time_text(view.snapshot),
                 .total = compare_totals(view.snapshot, before)};
  if (several || input.time.empty()) {
    input.name = view.name;
  }
  if (old != nullptr) {
    input.compared_to = old->path;
  }
  input.metrics =
      metrics_lines(view.snapshot.metadata(), before != nullptr ? &before->metadata() : nullptr);
  input.source = [this](std::string_view filename, std::uint32_t lineno) {
    return sources_.line(filename, lineno);
  };
  for (const std::string& line : top_lines(input, options_.style)) {
    print_piece(line + '\n');
  }
  if (!view.hidden.empty()) {
    print_piece(fmt::format("Hidden by filters: size={}{}, count={}{}\n",
                            format_size(static_cast<double>(view.hidden.size())),
                            size_error_text(view.hidden_error.size), view.hidden.count(),
                            count_error_text(view.hidden_error.count)));
  }
}

}  // namespace tmbpf
