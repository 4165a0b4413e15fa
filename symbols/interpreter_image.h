// SPDX-License-Identifier: Apache-2.0
// The file that holds a process's interpreter: the program itself or its libpython.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "symbols/elf/elf_image.h"
#include "symbols/process/mapped_file.h"

namespace tmbpf {

struct InterpreterImage {
  ElfImage image;
  std::string path;  // as the process names it
  std::shared_ptr<const MappedFile> file;
  std::uint64_t load_bias;  // address = vaddr + load_bias
  std::uint64_t runtime;    // vaddr of _PyRuntime

  [[nodiscard]] std::uint64_t runtime_address() const { return runtime + load_bias; }
};

// Of several files that define an interpreter (a static python whose extension loads libpython, an
// embedding program) the one whose runtime is in use, or else the first in the address space.
// Nothing when there is none. Only files named python... or libpython... and the program itself are
// opened, at most 16 of them, and at most two are held at a time. Throws as read_maps() does.
std::optional<InterpreterImage> find_interpreter_image(pid_t pid);

}  // namespace tmbpf
