// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/statistics_json.h"

#include <fmt/format.h>

#include "userspace/model/json_text.h"

namespace tmbpf {
namespace {

constexpr std::size_t kPiece = 1U << 16U;

std::string traceback_text(const GroupKey& key, const TracebackTable& table) {
  std::string text;
  for (const Frame& frame : frames_of(key, table)) {
    text += fmt::format("{}[{}, {}]", text.empty() ? "" : ", ",
                        json_string(table.string(frame.filename)), frame.lineno);
  }
  return "[" + text + "]";
}

std::string row_text(const StatisticDiff& row, const StatisticsColumns& columns,
                     const TracebackTable& table) {
  std::string text = fmt::format("{{\"traceback\": {}, ", traceback_text(row.key, table));
  if (row.key.type == KeyType::function) {
    text += fmt::format("\"function\": {}, ", json_string(table.string(row.key.frame.function)));
  }
  text += fmt::format(R"("size": {}, "count": {})", row.size, row.count);
  if (columns.errors) {
    text +=
        fmt::format(R"(, "size_error": {}, "count_error": {})", row.size_error, row.count_error);
  }
  if (columns.differences) {
    text += fmt::format(R"(, "size_diff": {}, "count_diff": {})", row.size_diff, row.count_diff);
  }
  if (columns.differences && columns.errors) {
    text += fmt::format(R"(, "size_diff_error": {}, "count_diff_error": {})", row.size_diff_error,
                        row.count_diff_error);
  }
  return text + "}";
}

}  // namespace

void write_statistics_json(std::span<const StatisticDiff> rows, const StatisticsColumns& columns,
                           const Metadata& metadata, const TracebackTable& table,
                           const std::function<void(std::string_view)>& write) {
  std::string piece = "{\"statistics\": [";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    piece += (i == 0 ? "" : ", ") + row_text(rows[i], columns, table);
    if (piece.size() > kPiece) {
      write(piece);
      piece.clear();
    }
  }
  write(piece + "], \"metadata\": " + json_object(metadata) + "}");
}

}  // namespace tmbpf
