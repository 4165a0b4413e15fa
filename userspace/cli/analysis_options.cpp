// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/analysis_options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "userspace/cli/address.h"
#include "userspace/cli/quantity_text.h"

namespace tmbpf {
namespace {

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
  grouping_.add_to(app);
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
  options.group_by = grouping_.group_by();
  options.cumulative = grouping_.cumulative();
  options.sort = grouping_.sort();
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
