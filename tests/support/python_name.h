// SPDX-License-Identifier: Apache-2.0
// The name of a test that runs once for each Python.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <ostream>
#include <string>

#include "tests/support/python_interpreters.h"

namespace tmbpf {

// How GoogleTest shows the parameter of a failed test.
inline void PrintTo(const PythonInterpreter& python, std::ostream* out) {  // NOLINT
  *out << python.path << " (" << python.version << ")";
}

inline std::string python_name(const testing::TestParamInfo<PythonInterpreter>& info) {
  std::string name = "python_" + info.param.version + "_" + std::to_string(info.index);
  for (char& c : name) {
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

}  // namespace tmbpf
