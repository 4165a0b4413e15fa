// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/refill_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "symbols/allocator/pool_comparison.h"
#include "util/error.h"

namespace tmbpf {
namespace {

std::set<std::uint64_t> refills_of(const ElfImage& image, std::uint64_t function) {
  std::set<std::uint64_t> found;
  for (const PoolComparison& comparison : find_pool_comparisons(image, function)) {
    if (comparison.refill) {
      found.insert(*comparison.refill);
    } else if (comparison.function != function) {
      found.insert(comparison.function);  // pymalloc_alloc, with the refilling inlined
    }
  }
  return found;
}

}  // namespace

std::uint64_t find_refill(const ElfImage& image, const AllocatorTables& tables) {
  const auto in_malloc = refills_of(image, tables.pymalloc.malloc);
  const auto in_calloc = refills_of(image, tables.pymalloc.calloc);
  std::vector<std::uint64_t> both;
  std::set_intersection(in_malloc.begin(), in_malloc.end(), in_calloc.begin(), in_calloc.end(),
                        std::back_inserter(both));
  if (both.size() != 1) {
    throw Error(fmt::format("{}: pymalloc's refill function not found ({} candidates)",
                            image.path(), both.size()));
  }
  return both.front();
}

}  // namespace tmbpf
