// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/process_layout.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "symbols/python/debug_offsets.h"
#include "symbols/python/tracing_offset.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kWord = 8;
constexpr std::uint64_t kAround = 8192;         // bytes; 3.13's moved by 72 in 18 releases
constexpr std::uint64_t kMaxRuntime = 1 << 20;  // bytes; 3.12.1's has 459,944

[[noreturn]] void unreadable(const ProcessMemory& memory) {
  throw Error(fmt::format("process {}: _PyRuntime cannot be read", memory.pid()),
              "did it end just now?", ExitStatus::target);
}

[[noreturn]] void contradict(const ProcessMemory& memory, const PythonVersion& version,
                             const std::string& what) {
  throw Error(fmt::format("process {} does not look like CPython {}: {}", memory.pid(),
                          version.text(), what),
              "is it an official release, and neither damaged nor patched?", ExitStatus::target);
}

// The empty usedpools: two words for each size class, both the address of the first - 16.
bool is_empty_usedpools(std::span<const std::uint64_t> words, std::uint64_t address) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != address + i / 2 * 2 * kWord - 2 * kWord) {
      return false;
    }
  }
  return true;
}

// Searched around where the table's release has it.
std::optional<std::uint64_t> find_empty_usedpools(const PythonLayout& table, std::uint64_t runtime,
                                                  const ProcessMemory& memory) {
  const std::size_t classes =
      table.offsets.small_request_threshold >> table.offsets.alignment_shift;
  const std::size_t words_of_pools = 2 * classes;
  const std::uint64_t begin =
      runtime + table.runtime_main_interpreter + table.interp_obmalloc - kAround;
  std::vector<std::uint64_t> words(2 * kAround / kWord + words_of_pools);
  if (!memory.read(begin, std::as_writable_bytes(std::span(words)))) {
    unreadable(memory);
  }
  for (std::size_t i = 0; i + words_of_pools <= words.size(); ++i) {
    if (is_empty_usedpools(std::span(words).subspan(i, words_of_pools), begin + i * kWord)) {
      return begin + i * kWord;
    }
  }
  return std::nullopt;
}

std::uint32_t main_interpreter(const PythonLayout& table, const PythonVersion& version,
                               std::uint64_t runtime, const ProcessMemory& memory) {
  const auto main = memory.read<std::uint64_t>(runtime + table.runtime_interpreters_main);
  if (!main) {
    unreadable(memory);
  }
  std::uint64_t found = *main;
  if (found == 0) {
    const auto usedpools = find_empty_usedpools(table, runtime, memory);
    if (!usedpools) {
      contradict(memory, version, "its main interpreter cannot be found");
    }
    found = *usedpools - table.interp_obmalloc;
  }
  if (found <= runtime || found - runtime > kMaxRuntime) {
    contradict(memory, version, "its main interpreter is not in _PyRuntime");
  }
  return static_cast<std::uint32_t>(found - runtime);
}

PythonLayout with_own_offsets(const PythonLayout& table, const PythonVersion& version,
                              std::uint64_t runtime, const ProcessMemory& memory) {
  std::vector<std::byte> block(debug_offsets_size(version));
  if (!memory.read(runtime, block)) {
    unreadable(memory);
  }
  PythonLayout layout = with_debug_offsets(table, version, block);
  const auto main = memory.read<std::uint64_t>(runtime + layout.runtime_interpreters_main);
  if (main.value_or(0) != 0 && *main != runtime + layout.runtime_main_interpreter) {
    contradict(memory, version, "its main interpreter is not where the runtime's sizes say");
  }
  return layout;
}

}  // namespace

PythonLayout process_layout(const PythonLayout& table, const PythonVersion& version,
                            const ElfImage& image, std::uint64_t runtime,
                            const ProcessMemory& memory) {
  PythonLayout layout = table;
  if (debug_offsets_size(version) != 0) {
    layout = with_own_offsets(table, version, runtime, memory);
  } else if (table.runtime_main_interpreter != TMBPF_NO_FIELD) {
    layout.runtime_main_interpreter = main_interpreter(table, version, runtime, memory);
  }
  if (table.runtime_tracing != TMBPF_NO_FIELD) {
    layout.runtime_tracing = tracing_offset(image, version).value_or(TMBPF_NO_FIELD);
  }
  return layout;
}

}  // namespace tmbpf
