// SPDX-License-Identifier: Apache-2.0
// The name of an output file with what is not known before it is written.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>

namespace tmbpf {

// Understands $pid, $timestamp (UTC, 20260131T235959Z) and $counter (four digits from 0001: the
// first number whose file does not exist yet); $$ is a dollar sign.
class OutputTemplate {
 public:
  // Throws Error (usage) when `text` holds any other $.
  explicit OutputTemplate(std::string text);

  // Whether each process, or each call, gets a name of its own.
  [[nodiscard]] bool differs_by_process() const { return has_pid_ || has_counter_; }

  // Throws Error when every number of $counter is taken.
  [[nodiscard]] std::string name(pid_t pid, std::time_t time) const;

 private:
  [[nodiscard]] std::string expand(pid_t pid, std::time_t time, unsigned counter) const;

  std::string text_;
  bool has_pid_ = false;
  bool has_counter_ = false;
};

}  // namespace tmbpf
