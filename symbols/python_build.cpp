// SPDX-License-Identifier: Apache-2.0
#include "symbols/python_build.h"

#include <algorithm>
#include <cstddef>

#include "symbols/python/python_version.h"

namespace tmbpf {
namespace {

// Objects/obmalloc.c itself has 12 functions that call an allocator and few that those are inlined
// into; a build with link-time optimisation has hundreds.
constexpr std::size_t kMostInOneFile = 40;

std::string optimisation(const ProbePlan* plan) {
  const std::size_t guards = plan == nullptr ? 0 : plan->counts.guards;
  return guards == 0 ? "" : guards <= kMostInOneFile ? "PGO " : "PGO+LTO ";
}

// Only what is started has a section that names the dynamic linker.
bool is_program(const ElfImage& image) {
  return std::ranges::any_of(image.sections(),
                             [](const ElfSection& section) { return section.name == ".interp"; });
}

}  // namespace

std::string python_build(const ElfImage& image, const ProbePlan* plan) {
  std::string words = special_build(image);
  words += words.empty() ? "" : " ";
  return words + optimisation(plan) + (is_program(image) ? "static" : "shared libpython");
}

}  // namespace tmbpf
