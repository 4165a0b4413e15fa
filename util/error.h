// SPDX-License-Identifier: Apache-2.0
// The one error type: thrown when a command cannot go on, caught once, in main.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace tmbpf {

// The documented exit statuses (docs and `tmbpf --help`).
enum class ExitStatus : int {
  done = 0,
  failed = 1,
  usage = 2,
  target = 3,         // target gone or not traceable
  not_permitted = 4,  // a privilege or kernel feature is missing
  interrupted = 130,  // after writing what it has
};

// what() says what failed and why; hint() says what to do next (may be empty).
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, std::string hint = {},
                 ExitStatus status = ExitStatus::failed)
      : std::runtime_error(message), hint_(std::move(hint)), status_(status) {}

  [[nodiscard]] const std::string& hint() const { return hint_; }
  [[nodiscard]] ExitStatus status() const { return status_; }

 private:
  std::string hint_;
  ExitStatus status_;
};

}  // namespace tmbpf
