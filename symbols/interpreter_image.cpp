// SPDX-License-Identifier: Apache-2.0
#include "symbols/interpreter_image.h"

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "symbols/elf/elf_strings.h"
#include "symbols/process/process_memory.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxCandidates = 16;
constexpr const char* kRuntimeSymbol = "_PyRuntime";

// A service maps thousands of other files.
bool may_hold_python(const Mapping& mapping) {
  const std::string_view path = mapping.path;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("python") || name.starts_with("libpython");
}

std::uint64_t load_bias(const ElfImage& image, const Mapping& mapping) {
  const auto vaddr = image.vaddr_of_offset(mapping.offset);
  return image.position_independent() && vaddr ? mapping.start - *vaddr : 0;
}

// Nothing when it is no interpreter, or cannot be opened.
std::optional<InterpreterImage> try_open(pid_t pid, const Mapping& mapping) {
  try {
    auto file = std::make_shared<const MappedFile>(pid, mapping);
    // Most programs are told from an interpreter here, without being read whole.
    if (!elf_mentions(file->path(), kRuntimeSymbol)) {
      return std::nullopt;
    }
    ElfImage image = ElfImage::open(file->path(), mapping.path);
    const auto runtime = image.symbol(kRuntimeSymbol);
    if (!runtime || !holds_python(image)) {
      return std::nullopt;
    }
    const std::uint64_t bias = load_bias(image, mapping);
    return InterpreterImage{std::move(image), mapping.path, std::move(file), bias, *runtime};
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool runs(const ProcessMemory& memory, const InterpreterImage& found) {
  const auto version = python_version(found.image);
  const auto layout = version ? python_layout(*version) : std::nullopt;
  if (!layout) {
    return false;
  }
  const auto head =
      memory.read<std::uint64_t>(found.runtime_address() + layout->runtime_interpreters_head);
  return head.value_or(0) != 0;
}

// The files that may hold it, each once. More than a few are no real process's.
std::vector<Mapping> candidates(pid_t pid) {
  std::vector<Mapping> found;
  std::string previous;
  bool first = true;  // the program's own file comes first in the address space, or near enough
  for (Mapping& mapping : read_maps(pid)) {
    if (mapping.inode == 0 || mapping.path == previous) {
      continue;
    }
    previous = mapping.path;
    if ((std::exchange(first, false) || may_hold_python(mapping)) &&
        found.size() < kMaxCandidates) {
      found.push_back(std::move(mapping));
    }
  }
  return found;
}

}  // namespace

std::optional<InterpreterImage> find_interpreter_image(pid_t pid) {
  const ProcessMemory memory(pid);
  std::optional<InterpreterImage> first;
  for (const Mapping& mapping : candidates(pid)) {
    std::optional<InterpreterImage> found = try_open(pid, mapping);
    if (found && runs(memory, *found)) {
      return found;
    }
    if (!first) {
      first = std::move(found);
    }
  }
  return first;
}

}  // namespace tmbpf
