// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/new_references/planned_python.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "symbols/python/tracing_offset.h"
#include "tests/support/python_interpreters.h"

namespace tmbpf::test {
namespace {

namespace fs = std::filesystem;

TracingFlag flag_of(const ElfImage& image) {
  TracingFlag flag;
  const PythonVersion version = python_version(image).value();
  if (const auto offset = tracing_offset(image, version)) {
    flag.symbol = "_PyRuntime";
    flag.offset = *offset;
    flag.size = version.minor == 12 ? 4 : 8;
  }
  return flag;
}

// The interpreter itself, or the library that it is linked with.
fs::path image_of(const PythonInterpreter& python) {
  const fs::path program = python.path;
  const fs::path library = fmt::format("libpython{}.so.1.0", python.minor());
  return holds_python(ElfImage::open(python.path)) ? program
                                                   : program.parent_path() / "../lib" / library;
}

}  // namespace

std::vector<Interpreter> pythons_to_plan() {
  std::vector<Interpreter> found;
  for (const PythonInterpreter& python : supported_pythons()) {
    found.push_back({fs::canonical(image_of(python)), python.path});
  }
  const char* extra = std::getenv("TMBPF_EXTRA_PYTHONS");  // images that nothing here runs
  std::istringstream images(extra == nullptr ? "" : extra);
  for (std::string image; std::getline(images, image, ':');) {
    found.push_back({fs::canonical(image), {}});
  }
  return found;
}

PlannedPython::PlannedPython(const Interpreter& python)
    : interpreter(python),
      image(ElfImage::open(python.image.string())),
      flag(flag_of(image)),
      tables(find_allocator_tables(image)) {}

CodeIndex PlannedPython::index() const {
  CodeInterest interest;
  add_new_reference_interest(image, flag, interest);
  return {image, interest};
}

NewReferencePlan PlannedPython::plan() const { return plan_new_references(index(), tables, flag); }

}  // namespace tmbpf::test
