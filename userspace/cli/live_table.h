// SPDX-License-Identifier: Apache-2.0
// A tracer's state now, as the lines of the live table.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "userspace/trace/tracer.h"

namespace tmbpf {

class LiveTable {
 public:
  // `note`: a line more above the table, if not empty.
  std::vector<std::string> lines(Tracer& tracer, std::size_t rows, std::size_t width,
                                 const std::string& note = {});

 private:
  void measure_coverage(Tracer& tracer);

  std::optional<Coverage> coverage_;
  std::chrono::steady_clock::time_point coverage_due_{};
};

}  // namespace tmbpf
