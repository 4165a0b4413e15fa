// SPDX-License-Identifier: Apache-2.0
// The options that say which traces of a snapshot are wanted: tracemalloc's filters.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "userspace/model/filter.h"

namespace tmbpf {

// filters() is to be called once the command line is parsed.
class FilterArguments {
 public:
  void add_to(CLI::App& app);
  // None when nothing was asked for.
  [[nodiscard]] std::vector<TraceFilter> filters() const;

 private:
  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
  bool all_frames_ = false;
  std::vector<std::uint32_t> domains_;
  std::vector<std::uint32_t> exclude_domains_;
};

}  // namespace tmbpf
