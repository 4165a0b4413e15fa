// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/analysis_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "userspace/cli/address.h"
#include "userspace/cli/quantity_text.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::array<std::pair<std::string_view, SortOrder>, 5> kOrders{
    {{"size", SortOrder::size},
     {"count", SortOrder::count},
     {"average", SortOrder::average},
     {"size-diff", SortOrder::size_diff},
     {"count-diff", SortOrder::count_diff}}};

bool wants_color(const std::string& when) {
  const char* const no_color =
      std::getenv("NO_COLOR");                       // NOLINT(concurrency-mt-unsafe): one thread
  const char* const terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  const bool refused = no_color != nullptr && *no_color != '\0';
  return when == "always" || (when == "auto" && ::isatty(STDOUT_FILENO) == 1 && !dumb && !refused);
}

}  // namespace

ReadScope AnalysisOptions::read_scope() const {
  const bool all_frames = group_by == KeyType::traceback || cumulative != Cumulative::no ||
                          std::ranges::any_of(filters, [](const TraceFilter& filter) {
                            const auto* by_frame = std::get_if<Filter>(&filter);
                            return by_frame != nullptr && by_frame->all_frames;
                          });
  return {.sizes = block.has_value(), .frames = all_frames ? kMaxFrames : 1};
}

void AnalysisArguments::add_to(CLI::App& app) {
  app.add_option("--group-by", group_by_, "lineno, filename, traceback or function")
      ->check(CLI::IsMember({"lineno", "filename", "traceback", "function"}))
      ->capture_default_str()
      ->group("Grouping");
  CLI::Option* cumulative =
      app.add_flag("--cumulative", cumulative_,
                   "Count a block at every frame of its traceback, each time that one occurs")
          ->group("Grouping");
  app.add_flag("--cumulative-unique", unique_, "The same, but once in each group")
      ->excludes(cumulative)
      ->group("Grouping");
  app.add_option("--sort", sort_,
                 "size, count, average, size-diff or count-diff; default: as tracemalloc")
      ->check(CLI::IsMember({"size", "count", "average", "size-diff", "count-diff"}))
      ->group("Grouping");
  filters_.add_to(app);
  app.add_option("--block", block_, "Only the block that holds this address: 0x7f5a12345670")
      ->type_name("ADDRESS")
      ->group("Filters");
  app.add_option("--older", older_, "Only blocks that are at least so old: 90s, 5m, 2h, 1d")
      ->type_name("AGE")
      ->group("Filters");
  app.add_option("--newer", newer_, "Only blocks that are at most so old")
      ->type_name("AGE")
      ->group("Filters");
  app.add_option("--limit", limit_, "Groups shown; 0: all")->capture_default_str()->group("Output");
  app.add_option("--filename-parts", filename_parts_, "Last parts shown of each path; 0: all")
      ->capture_default_str()
      ->group("Output");
  app.add_option("--hide", hide_, "size, count, average, metrics; may repeat")
      ->check(CLI::IsMember({"size", "count", "average", "metrics"}))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("Output");
  app.add_option("--color", color_, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str()
      ->group("Output");
  app.add_option("--source-root", source_root_,
                 "Where the source files of another root lie (a container's)")
      ->type_name("FOLDER")
      ->group("Output");
  app.add_flag("--json", json_, "For programs: one JSON object per line")->group("Output");
}

AnalysisOptions AnalysisArguments::options() const {
  AnalysisOptions options;
  options.group_by = *parse_key_type(group_by_);
  options.cumulative =
      unique_ ? Cumulative::unique : (cumulative_ ? Cumulative::yes : Cumulative::no);
  if (options.group_by == KeyType::traceback && options.cumulative != Cumulative::no) {
    throw Error("tracebacks cannot be grouped cumulatively",
                "Group by lineno, filename or function, or leave out --cumulative.",
                ExitStatus::usage);
  }
  for (const auto& [word, order] : kOrders) {
    options.sort = sort_ == word ? order : options.sort;
  }
  const auto shows = [this](const char* what) {
    return std::ranges::find(hide_, what) == hide_.end();
  };
  options.style = {.limit = limit_,
                   .filename_parts = filename_parts_,
                   .size = shows("size"),
                   .count = shows("count"),
                   .average = shows("average"),
                   .metrics = shows("metrics"),
                   .color = wants_color(color_)};
  options.json = json_;
  options.source_root = source_root_;
  options.filters = filters_.filters();
  if (!block_.empty()) {
    options.block = parse_address(block_);
  }
  if (!older_.empty()) {
    options.older = parse_age(older_);
  }
  if (!newer_.empty()) {
    options.newer = parse_age(newer_);
  }
  return options;
}

}  // namespace tmbpf
