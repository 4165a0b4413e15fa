// SPDX-License-Identifier: Apache-2.0
// Snapshots that the CPythons of this machine took, and what they say about pickles of ours.
#pragma once

#include <string>
#include <vector>

#include "tests/support/python_interpreters.h"
#include "userspace/files/pickle/pickle_writer.h"

namespace tmbpf::test {

// Python 3.6 and later, of this system (none in a root folder). Throws std::runtime_error when
// there is none: the tests would say nothing.
std::vector<PythonInterpreter> pickling_pythons();

// What that Python's tracemalloc can use.
PickleForm form_of(const PythonInterpreter& python);

// Runs the program with sys.argv[1:]. Its output. Throws std::runtime_error when it fails.
std::string run_python(const PythonInterpreter& python, const std::string& program,
                       const std::vector<std::string>& arguments);

// A program's beginning: load(NAME) and show(SNAPSHOT), which prints what trace_text() gives.
extern const char* const kShowTraces;

// With argv[1] a directory: pickles there real snapshots of several kinds, with 1 and 25 frames,
// at every protocol, and prints their names.
extern const char* const kTakeSnapshots;

}  // namespace tmbpf::test
