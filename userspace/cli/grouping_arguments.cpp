// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/grouping_arguments.h"

#include "util/error.h"

namespace tmbpf {

void GroupingArguments::add_to(CLI::App& app, const std::string& default_order) {
  const std::string group = "Grouping";
  app.add_option("--group-by", group_by_, "lineno, filename, traceback or function")
      ->check(CLI::IsMember({"lineno", "filename", "traceback", "function"}))
      ->capture_default_str()
      ->group(group);
  CLI::Option* cumulative =
      app.add_flag("--cumulative", cumulative_,
                   "Count a block at every frame of its traceback, each time that one occurs")
          ->group(group);
  app.add_flag("--cumulative-unique", unique_, "The same, but once in each group")
      ->excludes(cumulative)
      ->group(group);
  app.add_option("--sort", sort_,
                 "size, count, average, size-diff or count-diff; default: " + default_order)
      ->check(CLI::IsMember({"size", "count", "average", "size-diff", "count-diff"}))
      ->group(group);
}

KeyType GroupingArguments::group_by() const {
  const KeyType type = *parse_key_type(group_by_);
  if (type == KeyType::traceback && cumulative() != Cumulative::no) {
    throw Error("tracebacks cannot be grouped cumulatively",
                "Group by lineno, filename or function, or leave out --cumulative.",
                ExitStatus::usage);
  }
  return type;
}

Cumulative GroupingArguments::cumulative() const {
  return unique_ ? Cumulative::unique : (cumulative_ ? Cumulative::yes : Cumulative::no);
}

SortOrder GroupingArguments::sort() const {
  return parse_sort_order(sort_).value_or(SortOrder::tracemalloc);
}

}  // namespace tmbpf
