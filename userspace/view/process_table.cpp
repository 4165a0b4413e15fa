// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/process_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr std::size_t kColumns = 5;  // besides the command, which takes what is left
constexpr std::size_t kLeastCommand = 12;
constexpr std::size_t kNoteIndent = 4;
constexpr std::array<bool, kColumns> kToTheRight{true, true, false, false, false};

using Cells = std::array<std::string, kColumns>;

Cells cells_of(const ProcessRow& row) {
  return {fmt::to_string(row.pid), format_size(static_cast<double>(row.resident)),
          row.version.empty() ? "?" : printable(row.version), printable(row.build), row.state};
}

std::string line_of(const Cells& cells, const std::array<std::size_t, kColumns>& widths,
                    std::string_view command, std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    line +=
        (kToTheRight[i] ? pad_left(cells[i], widths[i]) : pad_right(cells[i], widths[i])) + "  ";
  }
  const std::size_t used = text_width(line);
  return line + shorten_right(command, std::max(width > used ? width - used : 0, kLeastCommand));
}

}  // namespace

std::vector<std::string> process_table(std::span<const ProcessRow> rows, std::size_t width) {
  const Cells titles{"PID", "RSS", "Version", "Build", "Traceable"};
  std::array<std::size_t, kColumns> widths{};
  const auto widen = [&widths](const Cells& cells) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], text_width(cells[i]));
    }
  };
  widen(titles);
  for (const ProcessRow& row : rows) {
    widen(cells_of(row));
  }
  std::vector<std::string> lines{line_of(titles, widths, "Command", width)};
  for (const ProcessRow& row : rows) {
    lines.push_back(line_of(cells_of(row), widths, printable(row.command), width));
    if (!row.note.empty()) {
      lines.push_back(
          std::string(kNoteIndent, ' ') +
          shorten_right(printable(row.note), std::max(width, kNoteIndent) - kNoteIndent));
    }
  }
  return lines;
}

}  // namespace tmbpf
