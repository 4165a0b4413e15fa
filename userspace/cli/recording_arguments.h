// SPDX-License-Identifier: Apache-2.0
// The options that say what a tracer records.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "userspace/cli/filter_arguments.h"
#include "userspace/trace/recording_filters.h"

namespace tmbpf {

// filters() is to be called once the command line is parsed.
class RecordingArguments {
 public:
  // --include, --exclude, --all-frames, --domain, --exclude-domain and --min-size.
  void add_to(CLI::App& app);
  // Throws Error (usage).
  [[nodiscard]] RecordingFilters filters() const;

 private:
  FilterArguments traces_;
  std::string min_size_;
};

}  // namespace tmbpf
