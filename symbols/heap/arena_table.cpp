// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/arena_table.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <span>

#include "util/error.h"

namespace tmbpf {
namespace {

// struct arena_object
struct ArenaObject {
  std::uint64_t address;
  std::uint64_t pool_address;
  std::uint32_t nfreepools;
  std::uint32_t ntotalpools;
  std::uint64_t freepools;
  std::uint64_t nextarena;
  std::uint64_t prevarena;
};
static_assert(sizeof(ArenaObject) == 48);

constexpr std::uint32_t kMaxArenas = 1U << 20;  // a tebibyte of heap; more is a broken process
constexpr int kTries = 3;                       // while the table moves or an arena is being made

struct RawTable {
  std::uint64_t address = 0;
  std::uint32_t count = 0;
  bool operator==(const RawTable&) const = default;
};

void require_known_layout(const tmbpf_python& python) {
  if (python.arena_object_size != sizeof(ArenaObject) || python.arena_address != 0 ||
      python.pool_size == 0 || python.arena_size % python.pool_size != 0) {
    throw Error(fmt::format("unknown layout of pymalloc's arenas (of {} bytes, described by {})",
                            python.arena_size, python.arena_object_size));
  }
}

std::optional<RawTable> locate(const ProcessMemory& memory, const tmbpf_python& python) {
  const auto address = memory.read<std::uint64_t>(python.arenas);
  const auto count = memory.read<std::uint32_t>(python.maxarenas);
  if (!address || !count || *count > kMaxArenas) {
    return std::nullopt;
  }
  // Without a table its size is that of the one to come.
  return RawTable{.address = *address, .count = *address == 0 ? 0 : *count};
}

// What the machine could hold: pools are written to when they are carved.
std::uint64_t most_bytes() {
  struct sysinfo machine {};
  ::sysinfo(&machine);
  return (std::uint64_t{machine.totalram} + machine.totalswap) * machine.mem_unit;
}

bool is_whole(const Arena& arena, const tmbpf_python& python) {
  return arena.first_pool >= arena.address && arena.end_of_pools >= arena.first_pool &&
         arena.end_of_pools - arena.address <= python.arena_size &&
         arena.end_of_pools % python.pool_size == 0;
}

ArenaTable checked(std::span<const ArenaObject> objects, const tmbpf_python& python) {
  ArenaTable table;
  for (std::uint32_t i = 0; i < objects.size(); ++i) {
    if (objects[i].address != 0) {
      const std::uint64_t rounded = objects[i].address + python.pool_size - 1;
      table.arenas.push_back({.address = objects[i].address,
                              .first_pool = rounded - rounded % python.pool_size,
                              .end_of_pools = objects[i].pool_address,
                              .index = i});
    }
  }
  std::ranges::sort(table.arenas, {}, &Arena::address);
  const std::size_t listed = table.arenas.size();
  std::uint64_t end = 0;
  std::uint64_t bytes_left = most_bytes();
  std::erase_if(table.arenas, [&](const Arena& arena) {
    const std::uint64_t bytes = arena.end_of_pools - arena.first_pool;
    const bool good = is_whole(arena, python) && arena.address >= end && bytes <= bytes_left;
    if (good) {
      end = arena.address + python.arena_size;
      bytes_left -= bytes;
    }
    return !good;
  });
  table.damaged = listed - table.arenas.size();
  return table;
}

}  // namespace

std::optional<ArenaTable> read_arena_table(const ProcessMemory& memory,
                                           const tmbpf_python& python) {
  require_known_layout(python);
  std::optional<ArenaTable> table;
  for (int i = 0; i < kTries && (!table || table->damaged != 0); ++i) {
    const auto before = locate(memory, python);
    if (!before) {
      return std::nullopt;
    }
    std::vector<ArenaObject> objects(before->count);
    if (memory.read(before->address, std::as_writable_bytes(std::span(objects))) &&
        locate(memory, python) == before) {
      table = checked(objects, python);
    }
  }
  return table;
}

bool still_in_use(const ProcessMemory& memory, const tmbpf_python& python, const Arena& arena) {
  const auto table = locate(memory, python);
  return table && arena.index < table->count &&
         memory.read<std::uint64_t>(table->address + arena.index * sizeof(ArenaObject)) ==
             arena.address;
}

}  // namespace tmbpf
