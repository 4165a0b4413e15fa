// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_version.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/python/running_python.h"

namespace tmbpf {
namespace {

// Those of this machine, and the debug builds that Debian puts beside them ("python3.9d").
std::vector<PythonInterpreter> release_and_debug_pythons() {
  std::vector<PythonInterpreter> found = supported_pythons();
  const std::vector<PythonInterpreter> releases = found;
  for (const PythonInterpreter& python : releases) {
    if (std::filesystem::exists(python.path + "d")) {
      found.push_back({python.path + "d", python.version});
    }
  }
  return found;
}

TEST(PythonVersion, the_image_says_what_the_interpreter_says_of_itself) {
  for (const PythonInterpreter& python : release_and_debug_pythons()) {
    SCOPED_TRACE(python.path);
    const RunningPython running(python, "import sys; print(sys.hexversion, flush=True); input()");
    const PythonVersion version = running.version();
    EXPECT_EQ(version.text(), python.version);
    EXPECT_EQ(std::to_string(version.hex()), running.answer());
  }
}

TEST(PythonVersion, debug_builds_are_told_from_all_others) {
  for (const PythonInterpreter& python : release_and_debug_pythons()) {
    SCOPED_TRACE(python.path);
    const RunningPython running(
        python, "import sys; print(hasattr(sys, 'gettotalrefcount'), flush=True); input()");
    EXPECT_EQ(unsupported_build(running.image()), running.answer() == "True"
                                                      ? std::optional<std::string>("a debug build")
                                                      : std::nullopt);
  }
}

TEST(PythonVersion, levels_are_written_as_cpython_writes_them) {
  const PythonVersion alpha{.major = 3, .minor = 15, .micro = 0, .level = 0xa, .serial = 3};
  EXPECT_EQ(alpha.text(), "3.15.0a3");
  EXPECT_EQ(alpha.hex(), 0x030f00a3U);
  const PythonVersion final{.major = 3, .minor = 11, .micro = 2};
  EXPECT_EQ(final.text(), "3.11.2");
  EXPECT_EQ(final.hex(), 0x030b02f0U);
}

}  // namespace
}  // namespace tmbpf
