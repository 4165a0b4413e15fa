// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/pool_state.h"

#include <fmt/format.h>

#include "symbols/allocator/global_arenas.h"
#include "symbols/allocator/obmalloc_state.h"
#include "symbols/allocator/pool_comparison.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// NB_SMALL_SIZE_CLASSES: 512 bytes in steps of 16.
constexpr std::size_t kSizeClasses = 32;
// offsetof(struct pool_header, nextpool).
constexpr std::uint64_t kNextPool = 16;

bool is_empty_head(const WordView& words, std::size_t i) {
  return i + 1 < words.size() && words.value(i) == words.vaddr(i) - kNextPool &&
         words.value(i + 1) == words.value(i);
}

std::vector<std::uint64_t> initialised_pools(const std::vector<WordView>& views) {
  std::vector<std::uint64_t> found;
  for (const WordView& words : views) {
    for (std::size_t i = 0; i + 1 < words.size();) {
      std::size_t pairs = 0;
      while (is_empty_head(words, i + 2 * pairs)) {
        ++pairs;
      }
      if (pairs >= kSizeClasses) {
        found.push_back(words.vaddr(i));
      }
      i += pairs > 0 ? 2 * pairs : 1;
    }
  }
  return found;
}

// Where inner malloc finds the head of a size class.
std::optional<PoolList> pool_list(const ElfImage& image, std::uint64_t malloc) {
  for (const PoolComparison& comparison : find_pool_comparisons(image, malloc)) {
    if (comparison.list) {
      return comparison.list;
    }
  }
  return std::nullopt;
}

}  // namespace

void find_pool_state(const ElfImage& image, const std::vector<WordView>& views,
                     AllocatorTables& tables) {
  const std::vector<std::uint64_t> initialised = initialised_pools(views);
  const std::optional<PoolList> list = pool_list(image, tables.pymalloc.malloc);
  if (!list) {
    throw Error(fmt::format("{}: pymalloc's pool lists not found in its malloc at {:#x}",
                            image.path(), tables.pymalloc.malloc));
  }
  if (!list->global) {
    find_obmalloc_state(image, *list, initialised, tables);
    return;
  }
  if (initialised.size() != 1 || initialised.front() != *list->global) {
    throw Error(
        fmt::format("{}: pymalloc's pool lists not found ({} candidates, malloc uses {:#x})",
                    image.path(), initialised.size(), *list->global));
  }
  tables.usedpools = *list->global;
  find_global_arenas(image, tables);
}

}  // namespace tmbpf
