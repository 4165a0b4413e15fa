// SPDX-License-Identifier: Apache-2.0
// A Python under ptrace: breakpoints and registers, enough to ask a running interpreter whether
// the planned operands are where the plan says. No root needed, the child is ours.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bpf/tmbpf.h"
#include "tests/unit/planner/interpreters.h"

namespace tmbpf::test {

class TracedPython {
 public:
  // Runs `script`, which must stop itself (SIGSTOP) once; returns then. Throws Error.
  TracedPython(const Interpreter& interpreter, const std::string& script);
  ~TracedPython();
  TracedPython(const TracedPython&) = delete;
  TracedPython& operator=(const TracedPython&) = delete;

  // What to add to a vaddr of the interpreter's image.
  [[nodiscard]] std::uint64_t bias() const { return bias_; }
  // The 8 bytes at an address of the child. Throws Error.
  [[nodiscard]] std::uint64_t peek(std::uint64_t address) const;
  void set_breakpoint(std::uint64_t address);
  void clear_breakpoint(std::uint64_t address);
  // Runs to the next breakpoint: its address, with rip on it. Nothing when the program ended.
  std::optional<std::uint64_t> run_to_breakpoint();
  // Executes the instruction under the breakpoint that was just reported.
  void step_over(std::uint64_t address);
  [[nodiscard]] user_regs_struct registers() const;
  void set_registers(const user_regs_struct& registers) const;
  // The operand's value by the registers of now; nothing for TMBPF_OPERAND_NONE.
  [[nodiscard]] std::optional<std::uint64_t> value_of(const tmbpf_operand& operand) const;
  // Exit status once run_to_breakpoint() returned nothing; -1 when killed.
  [[nodiscard]] int exit_status() const { return exit_status_; }

 private:
  void poke(std::uint64_t address, std::uint64_t word) const;
  void find_bias(const Interpreter& interpreter);
  bool wait_stopped();

  pid_t pid_ = -1;
  std::uint64_t bias_ = 0;
  int exit_status_ = -1;
  int last_signal_ = 0;
  std::map<std::uint64_t, std::uint8_t> original_;
};

}  // namespace tmbpf::test
