// SPDX-License-Identifier: Apache-2.0
#include "symbols/python_target.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "symbols/interpreter_image.h"
#include "symbols/process/process_memory.h"
#include "symbols/python/process_layout.h"
#include "symbols/python/python_layout.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

InterpreterImage require_interpreter(const ProcessIdentity& identity) {
  auto found = find_interpreter_image(identity.pid);
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

// The pointer to the thread state that runs: the runtime's own, or since every interpreter may have
// a GIL (3.12), the holder of the main interpreter's.
std::uint64_t current_thread_address(const PythonTarget& target) {
  const PythonLayout& layout = target.layout;
  return target.runtime + (layout.runtime_tstate_current != TMBPF_NO_FIELD
                               ? layout.runtime_tstate_current
                               : layout.runtime_main_interpreter + layout.interp_gil_last_holder);
}

void set_addresses(PythonTarget& target) {
  const std::uint64_t bias = target.load_bias;
  target.python = target.layout.offsets;
  target.python.tstate_current = current_thread_address(target);
  target.python.interpreters_head = target.runtime + target.layout.runtime_interpreters_head;
  target.python.usedpools = target.tables.usedpools + bias;
  target.python.arenas = target.tables.arenas + bias;
  target.python.maxarenas = target.tables.maxarenas + bias;
}

void set_str_type(PythonTarget& target, const ElfImage& image) {
  if (const auto type = image.symbol("PyUnicode_Type")) {
    target.str_type = *type + target.load_bias;
  }
}

// From 3.12 on the counter lies in struct _obmalloc_mgmt (Include/internal/pycore_obmalloc_init.h),
// which is the same in all versions; before, it is a static variable.
void set_block_counters(PythonTarget& target, const ElfImage& image) {
  constexpr std::uint64_t kBehindArenas = 0x240;
  if (target.layout.runtime_main_interpreter != TMBPF_NO_FIELD) {
    target.raw_allocated_blocks = target.python.arenas + kBehindArenas;
  } else if (const auto raw = image.symbol("raw_allocated_blocks")) {
    target.raw_allocated_blocks = *raw + target.load_bias;
  } else if (const auto all = image.symbol("_Py_AllocatedBlocks")) {
    target.all_allocated_blocks = *all + target.load_bias;
  }
}

void identify_interpreter(PythonTarget& target, const InterpreterImage& found) {
  const auto version = python_version(found.image);
  if (!version) {
    throw Error(fmt::format("cannot tell which CPython {} is", found.path),
                fmt::format("supported versions: {}", supported_versions()), ExitStatus::target);
  }
  if (const auto reason = unsupported_build(found.image)) {
    throw Error(fmt::format("process {} ({}) runs {} of CPython {}, which is not supported",
                            target.identity.pid, target.identity.command, *reason, version->text()),
                "tmbpf traces the builds that distributions and python.org ship",
                ExitStatus::target);
  }
  target.version = *version;
  target.image_path = found.path;
  target.image_file = found.file;
  target.build_id = found.image.build_id();
  target.load_bias = found.load_bias;
  target.runtime = found.runtime_address();
  target.layout = process_layout(require_layout(target.identity, target.version), target.version,
                                 found.image, target.runtime, ProcessMemory(target.identity.pid));
}

}  // namespace

bool runs_python(pid_t pid) { return find_interpreter_image(pid).has_value(); }

PythonTarget open_python_target(pid_t pid) {
  const auto begin = Clock::now();
  const ProcessIdentity identity = identify_process(pid);
  ImageAnalyses analyses;
  PythonTarget target = open_python_target(identity, require_interpreter(identity), analyses);
  target.planning_seconds = seconds_since(begin);
  return target;
}

PythonTarget open_python_target(const ProcessIdentity& identity, const InterpreterImage& found,
                                ImageAnalyses& analyses) {
  const auto begin = Clock::now();
  PythonTarget target;
  target.identity = identity;
  identify_interpreter(target, found);
  const auto analysis = analyses.of(found.image, target.version, target.layout);
  target.tables = analysis->tables;
  target.plan = analysis->plan.probes;
  target.free_list_checks = analysis->plan.free_list_checks;
  target.finalize_offset = analysis->finalize_offset;
  set_addresses(target);
  set_block_counters(target, found.image);
  set_str_type(target, found.image);
  target.planning_seconds = seconds_since(begin);
  return target;
}

}  // namespace tmbpf
