// SPDX-License-Identifier: Apache-2.0
// What the HTML report shall hold, and how much of it.
#pragma once

#include <cstddef>
#include <string>

#include "userspace/model/source_reader.h"

namespace tmbpf {

struct ReportOptions {
  std::string title = "Memory report";  // any bytes, as the names
  std::string name;                     // of the snapshot: its file
  std::string old_name;                 // of the one that it is compared with
  SourceReader source;                  // none: the report shows no source
  // The largest tracebacks are kept one by one, by the larger of their new and old bytes. The sum
  // of the others is shown, so that totals stay right.
  std::size_t max_tracebacks = 50'000;
  std::size_t max_tree_nodes = 500'000;  // frames of all kept tracebacks, common beginnings once
  std::size_t max_source_lines = 20'000;
  std::size_t max_source_length = 200;  // code points of a line; what is longer is cut
  std::size_t max_name_length = 1'000;  // code points of a file's or function's name, likewise
};

}  // namespace tmbpf
