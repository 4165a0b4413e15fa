// SPDX-License-Identifier: Apache-2.0
// The Pythons of a machine, one per line, for `tmbpf ps`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tmbpf {

struct ProcessRow {
  int pid = 0;
  std::string version;         // "3.11.2"; empty: unknown
  std::string build;           // "PGO+LTO static"
  std::string command;         // as the process wrote it
  std::uint64_t resident = 0;  // bytes
  std::string state;           // a word: "yes", "no", "session"
  std::string note;            // a line of its own below the row, when not empty
};

// Titles first, in the order of the rows; without newlines. Each line is safe for a terminal and,
// from 60 columns on, fits `width`: commands and notes are cut at their end.
std::vector<std::string> process_table(std::span<const ProcessRow> rows, std::size_t width);

}  // namespace tmbpf
