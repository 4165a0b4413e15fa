// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/table_view.h"

#include <algorithm>
#include <utility>

#include "userspace/view/human_text.h"
#include "userspace/view/table_header.h"
#include "userspace/view/table_rows.h"

namespace tmbpf {
namespace {

std::vector<std::string> lines_for_limit(const TableInput& input) {
  std::vector<std::string> lines = header_lines(input.totals, input.width);
  lines.emplace_back();
  for (std::string& line : row_lines(input)) {
    lines.push_back(std::move(line));
  }
  for (std::string& line : lines) {
    line = shorten_right(line, input.width);
  }
  return lines;
}

}  // namespace

std::vector<std::string> table_lines(const TableInput& input) {
  if (input.height == 0) {
    return lines_for_limit(input);
  }
  TableInput fitting = input;
  fitting.limit = std::min(input.limit, input.height);
  std::vector<std::string> lines = lines_for_limit(fitting);
  while (lines.size() > input.height && fitting.limit > 1) {
    --fitting.limit;
    lines = lines_for_limit(fitting);
  }
  lines.resize(std::min(lines.size(), input.height));
  return lines;
}

std::string render_table(const TableInput& input) {
  std::string text;
  for (const std::string& line : table_lines(input)) {
    text += line;
    text += '\n';
  }
  return text;
}

}  // namespace tmbpf
