// SPDX-License-Identifier: Apache-2.0
// The name of an output file with what is not known before it is written.
#pragma once

#include <sys/types.h>

#include <cstdint>
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

  [[nodiscard]] bool has_pid() const { return has_pid_; }
  [[nodiscard]] bool has_counter() const { return has_counter_; }
  [[nodiscard]] bool has_timestamp() const { return has_timestamp_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  // Throws Error when every number of $counter is taken.
  [[nodiscard]] std::string name(pid_t pid, std::time_t time) const;

  // The name with these values; `again`, from 2 on, goes behind the time ("20260131T235959Z-2").
  [[nodiscard]] std::string expand(pid_t pid, std::time_t time, std::uint64_t counter,
                                   unsigned again = 1) const;
  // The highest $counter of the files that exist, of whatever time; 0 when there is none. $counter
  // counts only behind the last slash.
  [[nodiscard]] std::uint64_t highest_counter(pid_t pid) const;

 private:
  std::string text_;
  bool has_pid_ = false;
  bool has_counter_ = false;
  bool has_timestamp_ = false;
};

}  // namespace tmbpf
