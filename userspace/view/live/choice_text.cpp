// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/choice_text.h"

#include <fmt/format.h>

#include <string_view>

#include "userspace/model/error_text.h"
#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::string_view word_of(KeyType type) {
  switch (type) {
    case KeyType::filename:
      return "file";
    case KeyType::function:
      return "function";
    case KeyType::traceback:
      return "traceback";
    case KeyType::lineno:
      break;
  }
  return "line";
}

std::string_view words_of(Cumulative cumulative) {
  switch (cumulative) {
    case Cumulative::yes:
      return ", cumulative";
    case Cumulative::unique:
      return ", cumulative, each block once";
    case Cumulative::no:
      break;
  }
  return "";
}

std::string_view words_of(SortOrder order) {
  switch (order) {
    case SortOrder::count:
      return "count";
    case SortOrder::average:
      return "average";
    case SortOrder::size_diff:
      return "difference in size";
    case SortOrder::count_diff:
      return "difference in count";
    case SortOrder::tracemalloc:
    case SortOrder::size:
      break;
  }
  return "size";
}

}  // namespace

std::string choice_text(const ViewChoice& choice, const StatisticDiff& total) {
  std::string text;
  if (!choice.filter.empty()) {
    text = fmt::format("filter {} leaves {}{} in {}{} block{} | ", choice.filter,
                       format_size(static_cast<double>(total.size)),
                       size_error_text(total.size_error), format_count(total.count),
                       count_error_text(total.count_error), total.count == 1 ? "" : "s");
  }
  return text + fmt::format("by {}{} | sorted by {}", word_of(choice.group_by),
                            words_of(choice.cumulative), words_of(choice.sort));
}

}  // namespace tmbpf
