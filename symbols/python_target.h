// SPDX-License-Identifier: Apache-2.0
// A running CPython, and everything that attaching to it needs.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/probe_plan.h"
#include "symbols/image_analysis.h"
#include "symbols/interpreter_image.h"
#include "symbols/process/mapped_file.h"
#include "symbols/process/process_identity.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

struct PythonTarget {
  ProcessIdentity identity;
  PythonVersion version;
  std::string image_path;  // as the process names the file that holds the interpreter
  std::shared_ptr<const MappedFile> image_file;  // the same, open
  std::string build_id;
  std::uint64_t load_bias = 0;  // address = vaddr + load_bias
  std::uint64_t runtime = 0;    // address of _PyRuntime in this process
  PythonLayout layout;
  tmbpf_python python{};  // with the addresses in this process
  AllocatorTables tables;
  ProbePlan plan;
  std::vector<PlanCheck> free_list_checks;  // what following free lists needs besides
  // Addresses of the counters behind sys.getallocatedblocks(): of the blocks that did not come from
  // pools (3.9+), or of all (3.8). To 3.11 only images that have kept their symbols tell.
  std::optional<std::uint64_t> raw_allocated_blocks;
  std::optional<std::uint64_t> all_allocated_blocks;
  std::optional<std::uint64_t> str_type;  // address of PyUnicode_Type, which every build exports
  // File offset of what find_finalizer() found.
  std::optional<std::uint64_t> finalize_offset;
  double planning_seconds = 0;  // wall time of analysing the image
};

// Finds and analyses the interpreter of `pid`. Throws Error (target): no such process, not a
// Python, unsupported version or build (debug, free-threaded), allocator tables not found;
// (not_permitted): may not be looked at.
// The live allocator is not judged here: see replaced_allocator().
PythonTarget open_python_target(pid_t pid);

// The same for a process whose interpreter is found, with analyses that others share.
PythonTarget open_python_target(const ProcessIdentity& identity, const InterpreterImage& found,
                                ImageAnalyses& analyses);

// Whether `pid` runs a CPython of whatever version. Throws as read_maps() does.
bool runs_python(pid_t pid);

// Which allocator stands in the process's tables now, when it is not CPython's default one: a
// sentence that names it ("tracemalloc's hooks", "malloc (PYTHONMALLOC=malloc)", a library's
// function). Empty: the default one is in use.
std::string replaced_allocator(const PythonTarget& target);

// How many subinterpreters have a GIL, and with it an allocator state, of their own (3.12+): what
// they allocate is not seen.
std::size_t own_gil_interpreters(const PythonTarget& target);

// What allocates in the process without being seen: either of the above. Empty: nothing does.
std::string untraced_allocator(const PythonTarget& target);

}  // namespace tmbpf
