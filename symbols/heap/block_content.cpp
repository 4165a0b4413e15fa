// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/block_content.h"

#include <algorithm>
#include <optional>

namespace tmbpf {
namespace {

constexpr std::size_t kAtOnce = 512;  // blocks read by one call

// Py_TPFLAGS_ of object.h.
constexpr std::uint64_t kReady = 1U << 12U;
constexpr std::uint64_t kHaveGc = 1U << 14U;
constexpr std::uint64_t kLong = 1U << 24U;
constexpr std::uint64_t kTuple = 1U << 26U;
constexpr std::uint64_t kBytes = 1U << 27U;
constexpr std::uint64_t kText = 1U << 28U;
constexpr std::uint64_t kType = 1U << 31U;

constexpr std::size_t kMostMetatypes = 3;
constexpr std::uint64_t kNoHash = ~std::uint64_t{0};  // of a tuple, which keeps it since 3.14

bool may_be_pointer(std::uint64_t word) {
  return word % 8 == 0 && word >= 0x1000 && word < std::uint64_t{1} << 47U;
}

}  // namespace

std::vector<BlockContent> BlockContents::read(std::span<const Place> places) {
  std::vector<BlockContent> contents(places.size());
  std::vector<MemoryRange> ranges;
  std::vector<std::uint64_t> words;
  for (std::size_t first = 0; first < places.size(); first += kAtOnce) {
    const auto part = places.subspan(first, std::min(kAtOnce, places.size() - first));
    ranges.clear();
    std::size_t total = 0;
    for (const Place& place : part) {
      const std::size_t bytes = std::min<std::size_t>(place.size & ~7U, BlockContent::kWords * 8);
      ranges.push_back({place.address, bytes});
      total += bytes / 8;
    }
    words.resize(total);
    const std::size_t got = memory_.read_ranges(ranges, std::as_writable_bytes(std::span(words)));
    std::size_t at = 0;
    for (std::size_t i = 0; i < got; ++i) {
      BlockContent& content = contents[first + i];
      content.size = static_cast<std::uint8_t>(ranges[i].size / 8);
      std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(at), content.size,
                  content.words.begin());
      at += content.size;
      find_type(content);
    }
  }
  return contents;
}

void BlockContents::find_type(BlockContent& content) {
  for (const std::uint8_t word : {std::uint8_t{1}, std::uint8_t{3}, std::uint8_t{5}}) {
    if (word < content.size && kind_of(content.words[word]) != Kind::no_type) {
      content.type_word = word;
      return;
    }
  }
}

BlockContents::Kind BlockContents::kind_of(std::uint64_t word) {
  if (!may_be_pointer(word)) {
    return Kind::no_type;
  }
  KnownWord& known = known_[(word * 0x9E3779B97F4A7C15ULL >> 32U) % kKnownWords];
  if (known.word != word) {
    known = {.word = word, .kind = read_kind(word)};
  }
  return known.kind;
}

// Of a metatype: `type` itself, or with a type or two between.
bool BlockContents::ends_at_type(std::uint64_t metatype) const {
  for (std::size_t step = 0; step < kMostMetatypes; ++step) {
    const auto next = memory_.read<std::uint64_t>(metatype + python_.object_ob_type);
    if (!next || !may_be_pointer(*next)) {
      return false;
    }
    if (*next == metatype) {
      return true;
    }
    metatype = *next;
  }
  return false;
}

// A type is an object whose own type says that its instances are types, and the types of types end
// at one that is its own. Flags alone are not enough: a PyGC_Head's link to its neighbour is tried,
// too, and what lies at the flags' distance there may be any number.
BlockContents::Kind BlockContents::read_kind(std::uint64_t type) const {
  const auto flags = memory_.read<std::uint64_t>(type + python_.type_tp_flags);
  const auto metatype = memory_.read<std::uint64_t>(type + python_.object_ob_type);
  if (!flags || !metatype || (*flags & kReady) == 0 || !may_be_pointer(*metatype)) {
    return Kind::no_type;
  }
  const auto meta = memory_.read<std::uint64_t>(*metatype + python_.type_tp_flags);
  if (!meta || (*meta & kType) == 0 || (*meta & kReady) == 0 || !ends_at_type(*metatype)) {
    return Kind::no_type;
  }
  if ((*flags & kText) != 0) {
    return Kind::text;
  }
  if ((*flags & kBytes) != 0) {
    return Kind::bytes;
  }
  if ((*flags & kTuple) != 0) {
    return Kind::tuple;
  }
  return (*flags & kLong) != 0 || (*flags & kHaveGc) == 0 ? Kind::fixed : Kind::changing;
}

std::uint32_t BlockContents::requested(const BlockContent& content) const {
  constexpr std::uint64_t kMost = 1U << 20U;  // larger ones lie in no block
  const std::size_t type_word = content.type_word;
  if (type_word == 0) {
    return 0;
  }
  const std::uint64_t type = content.words[type_word];
  const auto basic = memory_.read<std::uint64_t>(type + python_.type_tp_basicsize);
  const auto item = memory_.read<std::uint64_t>(type + python_.type_tp_itemsize);
  const std::size_t count = type_word - 1 + python_.object_ob_size / 8;
  if (!basic || !item || *basic > kMost || *item > kMost || (*item != 0 && count >= content.size)) {
    return 0;
  }
  const std::uint64_t items = *item == 0 ? 0 : content.words[count];
  if (items > kMost) {
    return 0;
  }
  const std::uint64_t bytes = (*basic + *item * items + 7) / 8 * 8 + (type_word - 1) * 8;
  return bytes <= kMost ? static_cast<std::uint32_t>(bytes) : 0;
}

bool BlockContents::is_same(const BlockContent& before, const BlockContent& now) {
  if (now.size == 0 || before.type_word != now.type_word || before.size != now.size) {
    return false;
  }
  const std::size_t type_word = before.type_word;
  Kind kind = Kind::no_type;
  if (type_word != 0) {
    if (before.words[type_word] != now.words[type_word] || now.words[type_word - 1] == 0) {
      return false;
    }
    kind = kind_of(now.words[type_word]);
  }
  std::size_t compared = 0;
  std::size_t changed = 0;
  for (std::size_t i = type_word == 0 ? 0 : type_word + 1; i < now.size; ++i) {
    const std::size_t field = i - type_word;  // 1: what follows the type
    const bool cached = (kind == Kind::text && field >= 2 && field <= 4) ||  // hash, state, wstr
                        (kind == Kind::bytes && field == 2) ||               // hash
                        (kind == Kind::tuple && field == 2 && before.words[i] == kNoHash);
    if (!cached) {
      ++compared;
      changed += before.words[i] != now.words[i] ? 1 : 0;
    }
  }
  switch (kind) {
    case Kind::text:
    case Kind::bytes:
    case Kind::fixed:
    case Kind::tuple:
      return changed == 0;
    case Kind::no_type:
    case Kind::changing:
      break;
  }
  // A block that libc has freed holds its links there (malloc.c: fd and bk, or next and key).
  const bool begins_same =
      kind != Kind::no_type || (before.words[0] == now.words[0] && before.words[1] == now.words[1]);
  return begins_same && 2 * changed <= compared;
}

}  // namespace tmbpf
