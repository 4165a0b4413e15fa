// SPDX-License-Identifier: Apache-2.0
// --pid PID, --name PATTERN and --all: the processes that a command is for.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tmbpf {

// The options of a command that needs at least one of them.
inline constexpr const char* kTargetGroup = "Target";

// Whom a pattern may mean: any Python, or those with a session of tmbpf.
enum class TargetKind { python, session };

// What was asked for is resolved when one() or all() is called, after the parsing.
class TargetArguments {
 public:
  // --pid, which may repeat, and --name; the arguments must outlive the parsing.
  void add_to(CLI::App& app, const std::string& group = kTargetGroup);
  // Besides, --all for every process that the pattern fits.
  void add_several_to(CLI::App& app, const std::string& group = kTargetGroup);

  [[nodiscard]] bool given() const { return !pids_.empty() || !name_.empty(); }
  // Whether the command was asked for more than one process, however many that turn out to be.
  [[nodiscard]] bool several() const;

  // The one process. Throws Error: (usage) none or several are asked for, or several fit;
  // (target) no process fits; (not_permitted) those that fit may not be looked at.
  [[nodiscard]] pid_t one(TargetKind kind) const;
  // At least one, each once; several that fit only with --all. Throws as one() does.
  [[nodiscard]] std::vector<pid_t> all(TargetKind kind) const;

 private:
  std::vector<pid_t> pids_;
  std::vector<std::string> name_;  // none or one
  bool takes_several_ = false;
  bool every_ = false;  // of those that fit the name
};

}  // namespace tmbpf
