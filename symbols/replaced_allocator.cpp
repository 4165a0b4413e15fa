// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "symbols/process/process_maps.h"
#include "symbols/process/process_memory.h"
#include "symbols/python_target.h"

namespace tmbpf {
namespace {

// PyMemAllocatorEx as it lies in memory (Include/cpython/pymem.h).
struct LiveAllocator {
  std::uint64_t ctx;
  std::uint64_t malloc;
  std::uint64_t calloc;
  std::uint64_t realloc;
  std::uint64_t free;
};

bool equals(const LiveAllocator& live, const AllocatorFunctions& functions, std::uint64_t bias) {
  return live.malloc == functions.malloc + bias && live.calloc == functions.calloc + bias &&
         live.realloc == functions.realloc + bias && live.free == functions.free + bias;
}

std::string owner_of(pid_t pid, std::uint64_t address) {
  for (const Mapping& mapping : read_maps(pid)) {
    if (address >= mapping.start && address < mapping.end) {
      return mapping.path.empty() ? "anonymous memory" : mapping.path;
    }
  }
  return "unmapped memory";
}

constexpr int kHasMimalloc = 13;  // minor version from which PYTHONMALLOC=mimalloc may be built in

// A function of the interpreter that is neither pymalloc nor raw: which of CPython's own? Empty:
// none that is known.
std::string name_own_function(const PythonTarget& target, const ProcessMemory& memory,
                              const LiveAllocator& live) {
  if (live.ctx == 0) {
    return target.version.minor >= kHasMimalloc ? "mimalloc (PYTHONMALLOC=mimalloc)" : "";
  }
  // The debug hooks' ctx is a debug_alloc_api_t: a letter, then the wrapped allocator.
  const auto letter = memory.read<char>(live.ctx);
  if (letter && std::string_view("rmo").find(*letter) != std::string_view::npos) {
    return "the debug hooks (PYTHONMALLOC=debug, -X dev or a debug build)";
  }
  // tracemalloc's ctx is a PyMemAllocatorEx: the allocator that it wraps.
  const auto wrapped = memory.read<LiveAllocator>(live.ctx);
  if (wrapped && (equals(*wrapped, target.tables.pymalloc, target.load_bias) ||
                  equals(*wrapped, target.tables.raw, target.load_bias))) {
    return "tracemalloc's hooks (tracemalloc.start(), -X tracemalloc or PYTHONTRACEMALLOC)";
  }
  return {};
}

std::string name_allocator(const PythonTarget& target, const ProcessMemory& memory,
                           const LiveAllocator& live) {
  if (equals(live, target.tables.raw, target.load_bias)) {
    return "malloc (PYTHONMALLOC=malloc)";
  }
  const std::string owner = owner_of(target.identity.pid, live.malloc);
  if (owner == target.image_path) {
    if (std::string name = name_own_function(target, memory, live); !name.empty()) {
      return name;
    }
  }
  return fmt::format("a function of {} at {:#x}", owner, live.malloc);
}

std::string check_slots(const PythonTarget& target, const ProcessMemory& memory,
                        const std::vector<std::uint64_t>& slots, const AllocatorFunctions& wanted) {
  for (const std::uint64_t slot : slots) {
    const auto live = memory.read<LiveAllocator>(slot + target.load_bias);
    if (!live) {
      return "unknown: the allocator's table cannot be read";
    }
    if (!equals(*live, wanted, target.load_bias)) {
      return name_allocator(target, memory, *live);
    }
  }
  return {};
}

}  // namespace

std::string replaced_allocator(const PythonTarget& target) {
  const ProcessMemory memory(target.identity.pid);
  std::string name =
      check_slots(target, memory, target.tables.pymalloc_slots, target.tables.pymalloc);
  if (name.empty()) {
    name = check_slots(target, memory, target.tables.raw_slots, target.tables.raw);
  }
  return name;
}

std::string untraced_allocator(const PythonTarget& target) {
  const std::size_t own_gil = own_gil_interpreters(target);
  return own_gil == 0 ? replaced_allocator(target)
                      : fmt::format("{} subinterpreter{} with a GIL of its own", own_gil,
                                    own_gil == 1 ? "" : "s");
}

}  // namespace tmbpf
