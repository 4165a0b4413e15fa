// SPDX-License-Identifier: Apache-2.0
// What the views of snapshots have in common: which traces, how they are grouped, what is shown.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userspace/cli/filter_arguments.h"
#include "userspace/cli/grouping_arguments.h"
#include "userspace/files/read_scope.h"
#include "userspace/model/filter.h"
#include "userspace/model/grouping.h"
#include "userspace/model/sort_order.h"
#include "userspace/view/top_text.h"

namespace tmbpf {

struct AnalysisOptions {
  KeyType group_by = KeyType::lineno;
  Cumulative cumulative = Cumulative::no;
  SortOrder sort = SortOrder::tracemalloc;
  TopStyle style;
  bool json = false;
  // Traces at least or at most so old when the snapshot was taken, in seconds.
  std::optional<double> older;
  std::optional<double> newer;
  std::vector<TraceFilter> filters;
  std::optional<std::uint64_t> block;  // the trace that holds this address
  std::string source_root;             // put before absolute names of source files

  // What of a file makes a difference to the view.
  [[nodiscard]] ReadScope read_scope() const;
};

// The options on the command line; options() is to be called once that is parsed.
class AnalysisArguments {
 public:
  void add_to(CLI::App& app);
  // Throws Error (usage) for what fits no option.
  [[nodiscard]] AnalysisOptions options() const;

 private:
  GroupingArguments grouping_;
  std::size_t limit_ = 10;
  FilterArguments filters_;
  std::string block_;
  std::string older_;
  std::string newer_;
  std::size_t filename_parts_ = 3;
  std::vector<std::string> hide_;
  std::string color_ = "auto";
  bool json_ = false;
  std::string source_root_;
};

}  // namespace tmbpf
