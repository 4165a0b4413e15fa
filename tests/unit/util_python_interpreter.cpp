// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/util_python_interpreter.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/unit/util_command.h"

namespace tmbpf::test {
namespace {

constexpr const char* kProbe =
    "import os, sys, _tracemalloc\n"
    "assert sys.version_info >= (3, 9)\n"
    "print(os.path.realpath(sys.executable), end='')\n";

constexpr int kFirstMinor = 9;
constexpr int kLastMinor = 20;

// A name in PATH may be a launcher that has no such version, or an old one: ask it.
std::optional<std::string> interpreter_named(const std::string& name) {
  const auto path = find_in_path(name);
  if (!path) {
    return std::nullopt;
  }
  const CommandResult answer =
      run_command({"/bin/sh", "-c", R"(exec "$0" -c "$1" 2>/dev/null)", *path, kProbe});
  return answer.exit_status == 0 ? std::optional(answer.output) : std::nullopt;
}

std::vector<std::string> candidate_names() {
  std::vector<std::string> names{"python3"};
  for (int minor = kFirstMinor; minor <= kLastMinor; ++minor) {
    names.push_back(fmt::format("python3.{}", minor));
  }
  return names;
}

}  // namespace

std::vector<std::string> find_pythons() {
  std::vector<std::string> found;
  for (const std::string& name : candidate_names()) {
    const auto interpreter = interpreter_named(name);
    if (interpreter && std::ranges::find(found, *interpreter) == found.end()) {
      found.push_back(*interpreter);
    }
  }
  return found;
}

std::optional<std::string> find_python() {
  for (const std::string& name : candidate_names()) {
    if (auto interpreter = interpreter_named(name)) {
      return interpreter;
    }
  }
  return std::nullopt;
}

}  // namespace tmbpf::test
