// SPDX-License-Identifier: Apache-2.0
#include "symbols/interpreter_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "symbols/process/process_memory.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"
#include "util/error.h"

namespace tmbpf {
namespace {

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

// map_files also reaches a file that was deleted or replaced, where it may be opened at all.
std::optional<InterpreterImage> try_open(pid_t pid, const Mapping& mapping) {
  for (std::string candidate :
       {map_file_path(pid, mapping), fmt::format("/proc/{}/root{}", pid, mapping.path)}) {
    try {
      ElfImage image = ElfImage::open(candidate);
      const auto runtime = image.symbol("_PyRuntime");
      if (!runtime || !holds_python(image)) {
        return std::nullopt;
      }
      const std::uint64_t bias = load_bias(image, mapping);
      return InterpreterImage{std::move(image), mapping.path, std::move(candidate), bias, *runtime};
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
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

std::vector<InterpreterImage> candidates(pid_t pid) {
  std::vector<InterpreterImage> found;
  std::string previous;
  bool first = true;  // the program's own file comes first in the address space, or near enough
  for (const Mapping& mapping : read_maps(pid)) {
    if (mapping.inode == 0 || mapping.path == previous) {
      continue;
    }
    previous = mapping.path;
    if (std::exchange(first, false) || may_hold_python(mapping)) {
      if (auto image = try_open(pid, mapping)) {
        found.push_back(*std::move(image));
      }
    }
  }
  return found;
}

}  // namespace

std::optional<InterpreterImage> find_interpreter_image(pid_t pid) {
  std::vector<InterpreterImage> found = candidates(pid);
  if (found.empty()) {
    return std::nullopt;
  }
  const ProcessMemory memory(pid);
  const auto running =
      std::find_if(found.begin(), found.end(),
                   [&memory](const InterpreterImage& each) { return runs(memory, each); });
  return std::move(running == found.end() ? found.front() : *running);
}

}  // namespace tmbpf
