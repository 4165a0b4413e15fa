// SPDX-License-Identifier: Apache-2.0
#include "symbols/python_target.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "symbols/process/process_maps.h"
#include "symbols/process/process_memory.h"
#include "symbols/python/python_layout.h"
#include "util/error.h"

namespace tmbpf {
namespace {

struct InterpreterImage {
  ElfImage image;
  Mapping mapping;  // the first one of its file
  std::string path;
};

// Only files named python... or libpython... are opened: a service maps thousands of others.
bool may_hold_python(const Mapping& mapping) {
  const std::string_view path = mapping.path;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return mapping.inode != 0 && (name.starts_with("python") || name.starts_with("libpython"));
}

std::optional<ElfImage> try_open(pid_t pid, const Mapping& mapping, std::string& path) {
  for (std::string candidate :
       {map_file_path(pid, mapping), fmt::format("/proc/{}/root{}", pid, mapping.path)}) {
    try {
      ElfImage image = ElfImage::open(candidate);
      path = std::move(candidate);
      return image;
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
}

// The library first: a small python3 program may only call into its libpython.
std::optional<InterpreterImage> find_interpreter(pid_t pid, const std::vector<Mapping>& maps) {
  std::optional<InterpreterImage> found;
  std::string previous;
  for (const Mapping& mapping : maps) {
    if (mapping.path == previous || !may_hold_python(mapping)) {
      continue;
    }
    previous = mapping.path;
    std::string path;
    auto image = try_open(pid, mapping, path);
    if (image && holds_python(*image) && image->symbol("_PyRuntime")) {
      found.emplace(InterpreterImage{std::move(*image), mapping, std::move(path)});
    }
  }
  return found;
}

// The program itself, under whatever name it runs (an embedding application, a renamed binary).
std::optional<InterpreterImage> program_as_interpreter(pid_t pid,
                                                       const std::vector<Mapping>& maps) {
  for (const Mapping& mapping : maps) {
    if (mapping.inode == 0) {
      continue;
    }
    std::string path;
    auto image = try_open(pid, mapping, path);
    if (image && holds_python(*image) && image->symbol("_PyRuntime")) {
      return InterpreterImage{std::move(*image), mapping, std::move(path)};
    }
    break;  // the program's own file comes first in the map
  }
  return std::nullopt;
}

std::optional<InterpreterImage> interpreter_of(pid_t pid, const std::vector<Mapping>& maps) {
  auto found = find_interpreter(pid, maps);
  return found ? std::move(found) : program_as_interpreter(pid, maps);
}

InterpreterImage require_interpreter(const ProcessIdentity& identity,
                                     const std::vector<Mapping>& maps) {
  auto found = interpreter_of(identity.pid, maps);
  if (!found) {
    throw Error(fmt::format("process {} ({}) is not a CPython that can be traced", identity.pid,
                            identity.command),
                fmt::format("tmbpf traces CPython {}", supported_versions()), ExitStatus::target);
  }
  return *std::move(found);
}

PythonLayout require_layout(const ProcessIdentity& identity, const PythonVersion& version) {
  const auto layout = python_layout(version);
  if (!layout) {
    throw Error(fmt::format("process {} ({}) runs CPython {}, which is not supported", identity.pid,
                            identity.command, version.text()),
                fmt::format("supported versions: {}", supported_versions()), ExitStatus::target);
  }
  return *layout;
}

std::uint64_t load_bias(const ElfImage& image, const Mapping& mapping) {
  const auto vaddr = image.vaddr_of_offset(mapping.offset);
  return image.position_independent() && vaddr ? mapping.start - *vaddr : 0;
}

void set_addresses(PythonTarget& target, const PythonLayout& layout, std::uint64_t runtime) {
  const std::uint64_t bias = target.load_bias;
  target.python = layout.offsets;
  target.python.tstate_current = runtime + bias + layout.runtime_tstate_current;
  target.python.interpreters_head = runtime + bias + layout.runtime_interpreters_head;
  target.python.usedpools = target.tables.usedpools + bias;
  target.python.arenas = target.tables.arenas + bias;
  target.python.maxarenas = target.tables.maxarenas + bias;
}

constexpr std::size_t kMaxInstruction = 15;  // bytes

std::optional<std::uint64_t> finalize_offset(const ElfImage& image) {
  const auto vaddr = image.symbol("Py_FinalizeEx");
  return vaddr && is_emulated_instruction(image.bytes_at(*vaddr, kMaxInstruction))
             ? image.file_offset(*vaddr)
             : std::nullopt;
}

}  // namespace

bool runs_python(pid_t pid) { return interpreter_of(pid, read_maps(pid)).has_value(); }

PythonTarget open_python_target(pid_t pid) {
  const auto begin = std::chrono::steady_clock::now();
  PythonTarget target;
  target.identity = identify_process(pid);
  const auto maps = read_maps(pid);
  const InterpreterImage found = require_interpreter(target.identity, maps);
  const auto version = python_version(found.image);
  if (!version) {
    throw Error(fmt::format("cannot tell which CPython {} is", found.mapping.path),
                fmt::format("supported versions: {}", supported_versions()), ExitStatus::target);
  }
  target.version = *version;
  const PythonLayout layout = require_layout(target.identity, target.version);
  target.image_path = found.mapping.path;
  target.attach_path = found.path;
  target.build_id = found.image.build_id();
  target.load_bias = load_bias(found.image, found.mapping);
  target.tables = find_allocator_tables(found.image);
  target.plan = make_probe_plan(found.image, target.tables);
  target.finalize_offset = finalize_offset(found.image);
  set_addresses(target, layout, found.image.symbol("_PyRuntime").value());
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  target.planning_seconds = taken.count();
  return target;
}

}  // namespace tmbpf
