// SPDX-License-Identifier: Apache-2.0
// The options that say how blocks are grouped and groups sorted.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "userspace/model/grouping.h"
#include "userspace/model/sort_order.h"
#include "userspace/model/statistic.h"

namespace tmbpf {

// What is asked for is to be read once the command line is parsed.
class GroupingArguments {
 public:
  // `default_order`: the words for what is done without --sort.
  void add_to(CLI::App& app, const std::string& default_order = "as tracemalloc");

  // Throws Error (usage): cumulative tracebacks.
  [[nodiscard]] KeyType group_by() const;
  [[nodiscard]] Cumulative cumulative() const;
  // SortOrder::tracemalloc when nothing was asked for.
  [[nodiscard]] SortOrder sort() const;

 private:
  std::string group_by_ = "lineno";
  bool cumulative_ = false;
  bool unique_ = false;
  std::string sort_;
};

}  // namespace tmbpf
