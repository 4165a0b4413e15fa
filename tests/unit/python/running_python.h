// SPDX-License-Identifier: Apache-2.0
// An interpreter of this machine, running, with its image.
#pragma once

#include <cstdint>
#include <string>

#include "symbols/interpreter_image.h"
#include "symbols/process/process_memory.h"
#include "symbols/python/python_version.h"
#include "tests/support/python_interpreters.h"
#include "tests/support/python_process.h"

namespace tmbpf {

class RunningPython {
 public:
  // Runs `source`, which must write a line once it is ready. Throws when it does not run.
  explicit RunningPython(const PythonInterpreter& python, const std::string& source);

  PythonProcess& process() { return process_; }
  // The first line that it wrote.
  [[nodiscard]] const std::string& answer() const { return answer_; }
  [[nodiscard]] const ElfImage& image() const { return found_.image; }
  [[nodiscard]] const ProcessMemory& memory() const { return memory_; }
  [[nodiscard]] PythonVersion version() const { return python_version(found_.image).value(); }
  // The image's file as it lies here, in its root folder if it has one.
  [[nodiscard]] std::string image_path() const;
  // The address of _PyRuntime.
  [[nodiscard]] std::uint64_t runtime() const { return found_.runtime_address(); }

 private:
  PythonInterpreter python_;
  PythonProcess process_;
  std::string answer_;
  InterpreterImage found_;
  ProcessMemory memory_;
};

}  // namespace tmbpf
