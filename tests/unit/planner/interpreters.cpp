// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/planner/interpreters.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "symbols/elf/elf_image.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

namespace fs = std::filesystem;

constexpr int kFirstMinor = 8;
constexpr int kLastMinor = 15;

std::vector<fs::path> children(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    found.push_back(entry.path());
  }
  return found;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> paths_in(const char* name) {
  std::vector<fs::path> found;
  std::istringstream list(variable(name));
  for (std::string part; std::getline(list, part, ':');) {
    found.emplace_back(part);
  }
  return found;
}

std::vector<fs::path> program_directories() {
  std::vector<fs::path> found = paths_in("PATH");
  found.emplace_back("/usr/bin");
  for (const fs::path& version : children(fs::path(variable("HOME")) / ".pyenv" / "versions")) {
    found.push_back(version / "bin");
  }
  return found;
}

std::vector<fs::path> library_directories() {
  std::vector<fs::path> found{"/usr/lib", "/usr/lib64"};
  for (const fs::path& config : children("/etc/ld.so.conf.d")) {
    std::ifstream lines(config);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('/')) {
        found.emplace_back(line);
      }
    }
  }
  return found;
}

bool holds_interpreter(const fs::path& file) {
  try {
    return ElfImage::open(file.string()).symbol("_PyRuntime").has_value();
  } catch (const Error&) {
    return false;  // a script that picks a version, or no ELF file at all
  }
}

class Search {
 public:
  std::vector<Interpreter> run() {
    for (int minor = kFirstMinor; minor <= kLastMinor; ++minor) {
      const std::string name = fmt::format("python3.{}", minor);
      const std::string library = fmt::format("lib{}.so.1.0", name);
      for (const fs::path& directory : program_directories()) {
        const fs::path program = directory / name;
        add(program, program);
        add(directory.parent_path() / "lib" / library, program);
      }
      for (const fs::path& directory : library_directories()) {
        add(directory / library, {});
      }
    }
    for (const fs::path& image : paths_in("TMBPF_EXTRA_PYTHONS")) {
      add(image, {});
    }
    return std::move(found_);
  }

 private:
  void add(const fs::path& image, const fs::path& program) {
    std::error_code error;
    const fs::path real = fs::canonical(image, error);
    if (!error && seen_.insert(real).second && holds_interpreter(real)) {
      found_.push_back({real, program});
    }
  }

  std::vector<Interpreter> found_;
  std::set<fs::path> seen_;
};

}  // namespace

std::vector<Interpreter> find_interpreters() { return Search().run(); }

std::string name_of(const Interpreter& interpreter) { return interpreter.image.string(); }

}  // namespace tmbpf::test
