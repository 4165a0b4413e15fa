// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/python/running_python.h"

#include <filesystem>

#include "tests/support/python_root.h"

namespace tmbpf {

RunningPython::RunningPython(const PythonInterpreter& python, const std::string& source)
    : python_(python),
      process_(python.path, source),
      answer_(process_.read_line()),
      found_(find_interpreter_image(process_.pid()).value()),
      memory_(process_.pid()) {}

std::string RunningPython::image_path() const {
  if (in_root(python_.path)) {
    std::string inside = python_.path.substr(0, python_.path.find("//")) + found_.path;
    if (std::filesystem::exists(inside)) {
      return inside;
    }
  }
  return found_.path;
}

}  // namespace tmbpf
