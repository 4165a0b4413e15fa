// SPDX-License-Identifier: Apache-2.0
#include "tests/support/python_interpreters.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "symbols/python/python_layout.h"
#include "tests/support/python_root.h"

namespace tmbpf {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> bin_directories() {
  std::vector<fs::path> directories{"/usr/bin", "/usr/local/bin"};
  const auto add_all = [&directories](const fs::path& root) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root, error)) {
      directories.push_back(entry.path() / "bin");
    }
  };
  add_all("/opt");
  if (const char* home = std::getenv("HOME")) {
    add_all(fs::path(home) / ".pyenv/versions");
  }
  const char* search = std::getenv("PATH");
  std::istringstream path(search != nullptr ? std::string(search) : std::string());
  for (std::string directory; std::getline(path, directory, ':');) {
    directories.emplace_back(directory);
  }
  return directories;
}

// Empty when it does not run, or is free-threaded: those are no interpreters of these tests.
std::string version_of(const std::string& python) {
  std::string command;
  for (const std::string& word : python_command(python)) {
    command += "'" + word + "' ";
  }
  command +=
      "-c 'import platform, sysconfig; "
      "print(not sysconfig.get_config_var(\"Py_GIL_DISABLED\") and platform.python_version() or "
      "\"\")' 2>/dev/null </dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"),
                                                             ::pclose);
  std::array<char, 64> text{};
  if (!pipe || std::fgets(text.data(), text.size(), pipe.get()) == nullptr) {
    return {};
  }
  std::string version(text.data());
  return version.substr(0, version.find_first_of("\n+"));
}

bool is_elf(const fs::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  std::array<char, 4> magic{};
  return file && std::fread(magic.data(), 1, magic.size(), file.get()) == magic.size() &&
         magic == std::array<char, 4>{0x7f, 'E', 'L', 'F'};
}

int minor_of(const PythonInterpreter& python) {
  int minor = -1;
  (void)std::sscanf(python.version.c_str(), "3.%d", &minor);
  return minor;
}

std::vector<PythonInterpreter> listed_pythons(const char* list) {
  std::vector<PythonInterpreter> found;
  std::istringstream paths(list);
  for (std::string path; std::getline(paths, path, ':');) {
    const std::string version = version_of(path);
    if (version.empty()) {
      throw std::runtime_error("TMBPF_TEST_PYTHONS: " + path + " does not run");
    }
    found.push_back({in_root(path) ? path : fs::canonical(path).string(), version});
  }
  return found;
}

std::vector<PythonInterpreter> find_pythons() {
  if (const char* list = std::getenv("TMBPF_TEST_PYTHONS"); list != nullptr && *list != '\0') {
    return listed_pythons(list);
  }
  const std::regex name("python3\\.[0-9]+");
  std::set<fs::path> seen;
  std::vector<PythonInterpreter> found;
  for (const fs::path& directory : bin_directories()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      const fs::path real = fs::canonical(entry.path(), error);
      if (!std::regex_match(entry.path().filename().string(), name) || error || !is_elf(real) ||
          !seen.insert(real).second) {
        continue;
      }
      std::string version = version_of(real);
      if (!version.empty()) {
        found.push_back({real.string(), std::move(version)});
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& left, const auto& right) {
    return std::pair(minor_of(left), left.path) < std::pair(minor_of(right), right.path);
  });
  return found;
}

}  // namespace

const std::vector<PythonInterpreter>& installed_pythons() {
  static const std::vector<PythonInterpreter> found = find_pythons();
  return found;
}

std::vector<PythonInterpreter> supported_pythons() {
  std::vector<PythonInterpreter> supported;
  for (const PythonInterpreter& python : installed_pythons()) {
    if (python_layout({.major = 3, .minor = minor_of(python)})) {
      supported.push_back(python);
    }
  }
  if (supported.empty()) {
    throw std::runtime_error("no supported CPython is installed: run scripts/setup");
  }
  return supported;
}

}  // namespace tmbpf
