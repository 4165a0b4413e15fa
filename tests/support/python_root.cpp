// SPDX-License-Identifier: Apache-2.0
#include "tests/support/python_root.h"

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace tmbpf {
namespace {

constexpr const char* kMark = "//";

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

bool in_root(const std::string& python) {
  const std::size_t mark = python.rfind(kMark);
  return mark != std::string::npos && mark > 0;
}

std::vector<std::string> python_command(const std::string& python) {
  if (!in_root(python)) {
    return {python};
  }
  const std::size_t mark = python.rfind(kMark);
  return {TMBPF_TARGETS_SCRIPT, "--run", python.substr(0, mark), "--", python.substr(mark + 1)};
}

pid_t wait_for_inner_pid(pid_t started) {
  const std::string process = "/proc/" + std::to_string(started);
  const std::string children = process + "/task/" + std::to_string(started) + "/children";
  for (int i = 0; i < 6000; ++i) {
    // Before it is unshare(1) it is a shell, which has children of its own for moments.
    const bool is_unshare = first_line(process + "/comm") == "unshare";
    std::ifstream list(children);
    pid_t child = 0;
    if (is_unshare && list >> child) {
      return child;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("nothing was started in the root");
}

}  // namespace tmbpf
