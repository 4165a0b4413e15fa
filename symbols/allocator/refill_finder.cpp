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

// The inner functions that look for a pool themselves; none unless malloc and calloc do.
std::vector<std::uint64_t> inlined_into(const ElfImage& image, const AllocatorFunctions& inner) {
  std::vector<std::uint64_t> found;
  for (const std::uint64_t function : {inner.malloc, inner.calloc, inner.realloc}) {
    if (!find_pool_comparisons(image, image.function_at(function)).empty()) {
      found.push_back(function);
    }
  }
  const bool both = found.size() >= 2 && found[0] == inner.malloc && found[1] == inner.calloc;
  return both ? found : std::vector<std::uint64_t>{};
}

}  // namespace

void find_refill(const ElfImage& image, AllocatorTables& tables) {
  const auto in_malloc = refills_of(image, tables.pymalloc.malloc);
  const auto in_calloc = refills_of(image, tables.pymalloc.calloc);
  std::vector<std::uint64_t> both;
  std::set_intersection(in_malloc.begin(), in_malloc.end(), in_calloc.begin(), in_calloc.end(),
                        std::back_inserter(both));
  tables.refill = both.size() == 1 ? both.front() : 0;
  tables.refilling = both.size() == 1 ? both : inlined_into(image, tables.pymalloc);
  if (tables.refilling.empty() || both.size() > 1) {
    throw Error(fmt::format("{}: pymalloc's refill function not found ({} candidates)",
                            image.path(), both.size()));
  }
}

}  // namespace tmbpf
