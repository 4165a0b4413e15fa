// SPDX-License-Identifier: Apache-2.0
// How an interpreter was built, in a few words.
#pragma once

#include <string>

#include "symbols/allocator/probe_plan.h"
#include "symbols/elf/elf_image.h"

namespace tmbpf {

// "PGO+LTO static", "shared libpython", "debug static": only what the file tells for sure.
//   debug, free-threaded, trace-refs   a symbol that only such builds export
//   PGO       the compiler guessed which allocator is called: only a profile lets it. `plan` tells
//             this; null: not known
//   PGO+LTO   and put that guess into the code of other source files
//   static    the interpreter is in the program itself; else in a shared libpython
std::string python_build(const ElfImage& image, const ProbePlan* plan);

}  // namespace tmbpf
