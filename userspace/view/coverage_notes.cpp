// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/coverage_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

using Blocks = std::uint64_t SizeClassCoverage::*;

constexpr std::size_t kClassesNamed = 3;

std::string sized(std::uint64_t bytes) { return format_size(static_cast<double>(bytes)); }

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

std::string blocks_text(std::uint64_t count, const Coverage& coverage, Blocks of) {
  return fmt::format("{} ({})", counted(count, "block"), sized(coverage.bytes(of)));
}

// ", most of 64, 32, 512 B": the block sizes that take most.
std::string largest_classes(const Coverage& coverage, Blocks of) {
  std::vector<SizeClassCoverage> classes = coverage.classes;
  std::erase_if(classes, [of](const SizeClassCoverage& row) { return row.*of == 0; });
  std::ranges::stable_sort(classes, std::ranges::greater{},
                           [of](const SizeClassCoverage& row) { return row.*of * row.block_size; });
  std::string text;
  for (std::size_t i = 0; i < std::min(classes.size(), kClassesNamed); ++i) {
    text += fmt::format("{} {}", i == 0 ? ", most of" : ",", classes[i].block_size);
  }
  return text.empty() ? text : text + " B";
}

}  // namespace

std::vector<std::string> coverage_notes(const Coverage& coverage) {
  std::vector<std::string> notes;
  if (coverage.missing != 0) {
    constexpr Blocks kMissing = &SizeClassCoverage::missing;
    notes.push_back(fmt::format("{} missing{}", blocks_text(coverage.missing, coverage, kMissing),
                                largest_classes(coverage, kMissing)));
  }
  for (const Loss& cause : coverage.causes) {
    notes.push_back(fmt::format("at {} {} of them: {}", cause.key == "not_seen" ? "least" : "most",
                                format_count(cause.count), cause.what));
  }
  if (coverage.extra != 0) {
    notes.push_back(fmt::format("{} of blocks that the heap no longer holds",
                                counted(coverage.extra, "trace")));
  }
  if (coverage.unsettled_pools != 0) {
    notes.push_back(fmt::format("{} of the heap changed too fast to be judged",
                                counted(coverage.unsettled_pools, "pool")));
  }
  if (coverage.before != 0) {
    constexpr Blocks kBefore = &SizeClassCoverage::before;
    notes.push_back(fmt::format("{} from before the attach{}",
                                blocks_text(coverage.before, coverage, kBefore),
                                largest_classes(coverage, kBefore)));
  }
  return notes;
}

}  // namespace tmbpf
