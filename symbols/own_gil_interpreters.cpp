// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "symbols/process/process_memory.h"
#include "symbols/python_target.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxInterpreters = 1024;  // more is a broken process

}  // namespace

std::size_t own_gil_interpreters(const PythonTarget& target) {
  const PythonLayout& layout = target.layout;
  if (layout.interp_own_gil == TMBPF_NO_FIELD) {
    return 0;
  }
  const ProcessMemory memory(target.identity.pid);
  const std::uint64_t main = target.runtime + layout.runtime_main_interpreter;
  std::uint64_t interp = memory.read<std::uint64_t>(target.python.interpreters_head).value_or(0);
  std::size_t found = 0;
  for (std::size_t i = 0; i < kMaxInterpreters && interp != 0; ++i) {
    const auto own = memory.read<int>(interp + layout.interp_own_gil);
    found += interp != main && own.value_or(0) != 0 ? 1 : 0;
    interp = memory.read<std::uint64_t>(interp + target.python.interp_next).value_or(0);
  }
  return found;
}

}  // namespace tmbpf
