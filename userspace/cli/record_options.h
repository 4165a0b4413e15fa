// SPDX-License-Identifier: Apache-2.0
// The options of `tmbpf record`.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "userspace/cli/record_schedule.h"

namespace tmbpf {

struct RecordOptions {
  pid_t pid = 0;
  std::vector<std::string> program;  // instead of pid
  std::string output;                // as OutputTemplate takes it
  RecordRule rule;
  std::uint64_t count = 0;     // snapshots of one process; 0: no limit
  double duration = 0;         // seconds; 0: no limit
  std::size_t keep = 0;        // files; 0: all
  std::uint64_t max_disk = 0;  // bytes of all files; 0: no limit
  std::string user_data;       // a command; empty: none
  bool addresses = false;
  bool overwrite = false;
  bool quiet = false;
  bool follow = false;  // as in the capture options
};

// The options as the user wrote them.
class RecordArguments {
 public:
  // The object must outlive the parsing.
  void add_to(CLI::App& app);
  // Throws Error (usage) for what cannot be understood.
  [[nodiscard]] RecordOptions options(pid_t pid, std::vector<std::string> program) const;

 private:
  void add_limits_to(CLI::App& app);

  RecordOptions options_;
  std::string output_;
  std::string interval_;
  std::string threshold_;
  std::string duration_;
  std::string max_disk_;
};

}  // namespace tmbpf
