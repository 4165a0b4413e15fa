// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/allocator_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "symbols/allocator/pool_state.h"
#include "symbols/allocator/refill_finder.h"
#include "symbols/allocator/word_view.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// enum of _PyMem_Debug's api_id (Objects/obmalloc.c, PYDBG..._ALLOC).
constexpr std::uint64_t kRawMarker = 'r';
constexpr std::uint64_t kMemMarker = 'm';
constexpr std::uint64_t kObjectMarker = 'o';

// All structs {NULL, malloc, calloc, realloc, free} with the same four functions.
struct AllocatorGroup {
  std::vector<std::uint64_t> slots;  // the live ones
  bool raw = false;
  bool mem = false;
  bool object = false;
};

using Key = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;

class FunctionStarts {
 public:
  explicit FunctionStarts(const ElfImage& image) : functions_(image.functions()) {}
  [[nodiscard]] bool contains(std::uint64_t vaddr) const {
    const auto found = std::lower_bound(
        functions_.begin(), functions_.end(), vaddr,
        [](const FunctionRange& range, std::uint64_t value) { return range.start < value; });
    return found != functions_.end() && found->start == vaddr;
  }

 private:
  const std::vector<FunctionRange>& functions_;
};

bool four_functions(const WordView& words, std::size_t ctx, const FunctionStarts& starts) {
  if (words.value(ctx) != 0) {
    return false;
  }
  for (std::size_t i = 1; i <= 4; ++i) {
    if (words.value(ctx + i) == 0 || !starts.contains(words.value(ctx + i))) {
      return false;
    }
    for (std::size_t j = 1; j < i; ++j) {
      if (words.value(ctx + i) == words.value(ctx + j)) {
        return false;
      }
    }
  }
  return true;
}

void collect(const WordView& words, const FunctionStarts& starts,
             std::map<Key, AllocatorGroup>& groups) {
  for (std::size_t i = 0; i + 4 < words.size(); ++i) {
    if (!four_functions(words, i, starts)) {
      continue;
    }
    AllocatorGroup& group =
        groups[{words.value(i + 1), words.value(i + 2), words.value(i + 3), words.value(i + 4)}];
    const std::uint64_t marker = i == 0 ? 0 : words.value(i - 1);
    group.raw = group.raw || marker == kRawMarker;
    group.mem = group.mem || marker == kMemMarker;
    group.object = group.object || marker == kObjectMarker;
    const bool marked = marker == kRawMarker || marker == kMemMarker || marker == kObjectMarker;
    // A copy in relro is what pymem_set_default_allocator assigns, not what calls go through.
    if (!marked && !words.relro()) {
      group.slots.push_back(words.vaddr(i));
    }
  }
}

AllocatorFunctions to_functions(const Key& key) {
  return {std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key)};
}

void assign_groups(const ElfImage& image, const std::map<Key, AllocatorGroup>& groups,
                   AllocatorTables& tables) {
  std::size_t raw = 0;
  std::size_t pymalloc = 0;
  for (const auto& [key, group] : groups) {
    if (group.raw) {
      ++raw;
      tables.raw = to_functions(key);
      tables.raw_slots = group.slots;
    }
    if (group.mem && group.object) {
      ++pymalloc;
      tables.pymalloc = to_functions(key);
      tables.pymalloc_slots = group.slots;
    }
  }
  if (raw != 1 || pymalloc != 1 || tables.raw == tables.pymalloc) {
    throw Error(fmt::format("{}: CPython's allocator tables not found ({} raw, {} pymalloc)",
                            image.path(), raw, pymalloc),
                "is this the binary or library that holds the interpreter?");
  }
  if (tables.raw_slots.empty() || tables.pymalloc_slots.empty()) {
    throw Error(fmt::format("{}: the live allocator structs were not found", image.path()),
                "a debug build allocates through its debug functions from the start");
  }
}

}  // namespace

AllocatorTables find_allocator_tables(const ElfImage& image) {
  AllocatorTables tables;
  const FunctionStarts starts(image);
  const std::vector<WordView> views = writable_words(image);
  std::map<Key, AllocatorGroup> groups;
  for (const WordView& words : views) {
    collect(words, starts, groups);
  }
  assign_groups(image, groups, tables);
  find_pool_state(image, views, tables);
  find_refill(image, tables);
  return tables;
}

}  // namespace tmbpf
