// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/interned_strings.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "symbols/heap/block_set.h"

namespace tmbpf {
namespace {

constexpr std::size_t kPoolsAtOnce = 64;

template <typename T>
T value_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

class InternedCounter {
 public:
  InternedCounter(const ProcessMemory& memory, const tmbpf_python& python, std::uint64_t str_type,
                  const PymallocHeap& heap)
      : memory_(memory), python_(python), str_type_(str_type), heap_(heap) {}

  std::uint64_t count() {
    const std::uint32_t smallest = python_.unicode_state + sizeof(std::uint32_t);
    std::vector<MemoryRange> ranges;
    for (const Pool& pool : heap_.pools) {
      if (pool.block_size >= smallest) {
        ranges.push_back({pool.address, python_.pool_size});
      }
      if (ranges.size() == kPoolsAtOnce) {
        read(ranges);
        ranges.clear();
      }
    }
    read(ranges);
    return interned_;
  }

 private:
  void read(const std::vector<MemoryRange>& pools) {
    bytes_.resize(pools.size() * python_.pool_size);
    const std::size_t got = memory_.read_ranges(pools, bytes_);
    for (std::size_t i = 0; i < got; ++i) {
      count_in(pools[i].address,
               std::span(bytes_).subspan(i * python_.pool_size, python_.pool_size));
    }
  }

  void count_in(std::uint64_t pool, std::span<const std::byte> bytes) {
    const std::uint64_t last = python_.pool_size - python_.unicode_state - sizeof(std::uint32_t);
    for (std::uint64_t at = pool; at < pool + python_.pool_size; at += BlockSet::kWordSpan) {
      BlockSet::visit_word(at, heap_.blocks.word_at(at), [&](std::uint64_t block) {
        const std::uint64_t offset = block - pool;
        if (offset <= last && is_interned(bytes.subspan(offset))) {
          ++interned_;
        }
      });
    }
  }

  [[nodiscard]] bool is_interned(std::span<const std::byte> object) const {
    const std::uint32_t below_kind = (1U << python_.unicode_kind_shift) - 1;
    return value_at<std::uint64_t>(object, python_.object_ob_type) == str_type_ &&
           (value_at<std::uint32_t>(object, python_.unicode_state) & below_kind) != 0;
  }

  const ProcessMemory& memory_;
  const tmbpf_python& python_;
  std::uint64_t str_type_;
  const PymallocHeap& heap_;
  std::vector<std::byte> bytes_;
  std::uint64_t interned_ = 0;
};

}  // namespace

std::uint64_t count_interned_strings(const ProcessMemory& memory, const tmbpf_python& python,
                                     std::uint64_t str_type, const PymallocHeap& heap) {
  return InternedCounter(memory, python, str_type, heap).count();
}

}  // namespace tmbpf
