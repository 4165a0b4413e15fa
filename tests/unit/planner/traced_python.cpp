// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/planner/traced_python.h"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>

#include "symbols/elf/elf_image.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

constexpr std::uint64_t kInt3 = 0xcc;

// ptrace takes numbers as pointers.
void* to_pointer(std::uint64_t value) {
  return reinterpret_cast<void*>(value);  // NOLINT(performance-no-int-to-ptr)
}

[[noreturn]] void run_python(const std::string& program, const std::string& script) {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  // -I -S: nobody's site-packages; the allocator must be the default one.
  ::unsetenv("PYTHONMALLOC");
  ::unsetenv("PYTHONTRACEMALLOC");
  ::execl(program.c_str(), program.c_str(), "-I", "-S", "-c", script.c_str(), nullptr);
  ::_exit(127);
}

}  // namespace

TracedPython::TracedPython(const Interpreter& interpreter, const std::string& script) {
  const std::string program = interpreter.program.string();
  pid_ = ::fork();
  if (pid_ == 0) {
    run_python(program, script);
  }
  if (pid_ < 0 || !wait_stopped()) {
    throw Error("cannot start " + program);
  }
  ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, to_pointer(PTRACE_O_EXITKILL));
  while (last_signal_ != SIGSTOP) {
    ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
    if (!wait_stopped()) {
      throw Error(program + " ended before it stopped itself");
    }
  }
  find_bias(interpreter);
}

TracedPython::~TracedPython() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

bool TracedPython::wait_stopped() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_ && WIFSTOPPED(status)) {
    last_signal_ = WSTOPSIG(status);
    return true;
  }
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  pid_ = -1;
  return false;
}

void TracedPython::find_bias(const Interpreter& interpreter) {
  const ElfImage image = ElfImage::open(interpreter.image.string());
  std::ifstream maps(fmt::format("/proc/{}/maps", pid_));
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range;
    std::string permissions;
    std::string offset;
    std::string device;
    std::string inode;
    std::string path;
    fields >> range >> permissions >> offset >> device >> inode >> path;
    if (path == interpreter.image && permissions.find('x') != std::string::npos) {
      const auto vaddr = image.vaddr_of_offset(std::stoull(offset, nullptr, 16));
      bias_ = std::stoull(range, nullptr, 16) - vaddr.value();
      return;
    }
  }
  throw Error(interpreter.image.string() + " is not mapped");
}

std::uint64_t TracedPython::peek(std::uint64_t address) const {
  errno = 0;
  const long word = ::ptrace(PTRACE_PEEKDATA, pid_, to_pointer(address), nullptr);
  if (errno != 0) {
    throw Error(fmt::format("cannot read the child at {:#x}", address));
  }
  return static_cast<std::uint64_t>(word);
}

void TracedPython::poke(std::uint64_t address, std::uint64_t word) const {
  if (::ptrace(PTRACE_POKEDATA, pid_, to_pointer(address), to_pointer(word)) != 0) {
    throw Error(fmt::format("cannot write the child at {:#x}", address));
  }
}

void TracedPython::set_breakpoint(std::uint64_t address) {
  const std::uint64_t word = peek(address);
  if (original_.try_emplace(address, static_cast<std::uint8_t>(word)).second) {
    poke(address, (word & ~std::uint64_t{0xff}) | kInt3);
  }
}

void TracedPython::clear_breakpoint(std::uint64_t address) {
  const auto found = original_.find(address);
  if (found != original_.end()) {
    poke(address, (peek(address) & ~std::uint64_t{0xff}) | found->second);
    original_.erase(found);
  }
}

std::optional<std::uint64_t> TracedPython::run_to_breakpoint() {
  for (int signal = 0;; signal = last_signal_) {
    const bool deliver = signal != SIGTRAP && signal != SIGSTOP;
    ::ptrace(PTRACE_CONT, pid_, nullptr, to_pointer(deliver ? static_cast<unsigned>(signal) : 0U));
    if (!wait_stopped()) {
      return std::nullopt;
    }
    user_regs_struct now = registers();
    if (last_signal_ == SIGTRAP && original_.contains(now.rip - 1)) {
      --now.rip;
      set_registers(now);
      return now.rip;
    }
  }
}

void TracedPython::step_over(std::uint64_t address) {
  const bool set = original_.contains(address);
  clear_breakpoint(address);
  ::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr);
  if (!wait_stopped()) {
    throw Error("the child ended in a single step");
  }
  if (set) {
    set_breakpoint(address);
  }
}

user_regs_struct TracedPython::registers() const {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) != 0) {
    throw Error("cannot read the child's registers");
  }
  return registers;
}

void TracedPython::set_registers(const user_regs_struct& registers) const {
  user_regs_struct copy = registers;
  if (::ptrace(PTRACE_SETREGS, pid_, nullptr, &copy) != 0) {
    throw Error("cannot write the child's registers");
  }
}

std::optional<std::uint64_t> TracedPython::value_of(const tmbpf_operand& operand) const {
  const user_regs_struct r = registers();
  const std::array<unsigned long long, 16> by_number{r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp,
                                                     r.rsi, r.rdi, r.r8,  r.r9,  r.r10, r.r11,
                                                     r.r12, r.r13, r.r14, r.r15};
  const auto value = static_cast<std::uint64_t>(operand.value);
  switch (operand.kind) {
    case TMBPF_OPERAND_CONSTANT:
      return value;
    case TMBPF_OPERAND_REGISTER:
      return by_number.at(operand.reg) + value;
    case TMBPF_OPERAND_MEMORY:
      return peek(by_number.at(operand.reg) + value);
    default:
      return std::nullopt;
  }
}

}  // namespace tmbpf::test
