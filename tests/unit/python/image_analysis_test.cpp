// SPDX-License-Identifier: Apache-2.0
#include "symbols/image_analysis.h"

#include <gtest/gtest.h>

#include "symbols/python/process_layout.h"
#include "symbols/python_build.h"
#include "tests/unit/python/running_python.h"

namespace tmbpf {
namespace {

constexpr const char* kWait = "print('ready', flush=True); input()";

PythonLayout layout_of(const RunningPython& python) {
  return process_layout(python_layout(python.version()).value(), python.version(), python.image(),
                        python.runtime(), python.memory());
}

TEST(ImageAnalyses, a_file_is_analysed_once_for_all_processes_that_run_it) {
  ImageAnalyses analyses;
  std::shared_ptr<const ImageAnalysis> previous;
  for (const PythonInterpreter& interpreter : supported_pythons()) {
    SCOPED_TRACE(interpreter.path);
    const RunningPython one(interpreter, kWait);
    const RunningPython other(interpreter, kWait);
    const auto first = analyses.of(one.image(), one.version(), layout_of(one));
    EXPECT_FALSE(first->plan.probes.sites.empty());
    EXPECT_EQ(analyses.of(other.image(), other.version(), layout_of(other)), first);
    EXPECT_NE(first, previous);
    previous = first;
  }
}

TEST(PythonBuild, what_only_the_plan_tells_is_left_out_without_one) {
  for (const PythonInterpreter& interpreter : supported_pythons()) {
    SCOPED_TRACE(interpreter.path);
    const RunningPython python(interpreter, kWait);
    const std::string file = python_build(python.image(), nullptr);
    EXPECT_TRUE(file == "static" || file == "shared libpython") << file;
    EXPECT_EQ(file == "static", python.image_path().find("libpython") == std::string::npos);
    ProbePlan plan;
    EXPECT_EQ(python_build(python.image(), &plan), file);
    plan.counts.guards = 12;
    EXPECT_EQ(python_build(python.image(), &plan), "PGO " + file);
    plan.counts.guards = 500;
    EXPECT_EQ(python_build(python.image(), &plan), "PGO+LTO " + file);
  }
}

}  // namespace
}  // namespace tmbpf
