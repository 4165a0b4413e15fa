// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/gc_state.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace tmbpf {
namespace {

constexpr std::size_t kWord = 8;
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kMostBytes = 16384;  // from the state that holds the struct; 3.13 has 7,424
constexpr std::uint64_t kFlags = 3;        // low bits of _gc_next and _gc_prev
constexpr int kTries = 3;                  // while objects come and go
constexpr std::size_t kGenerations = 3;

// struct gc_generation, whose head is a PyGC_Head
struct Generation {
  std::uint64_t next;
  std::uint64_t prev;
  std::int32_t threshold;
  std::int32_t count;
};
static_assert(sizeof(Generation) == 24);

using Generations = std::array<Generation, kGenerations>;

// Where fields lie from generations[0] on.
struct Places {
  std::uint64_t generation0 = 0;
  std::optional<std::uint64_t> stats;
};

// To 3.13: generations, generation0, permanent_generation, generation_stats; generations[0] may be
// aligned to 4 only, the pointer is to 8. 3.14: generations, permanent_generation,
// generation_stats,
// ..., generation0. 3.15: a pointer to the statistics.
Places places_of(std::uint64_t generations, const PythonVersion& version) {
  if (version.minor >= 15) {
    return {.generation0 = 160, .stats = {}};
  }
  if (version.minor == 14) {
    return {.generation0 = 232, .stats = 96};
  }
  const std::uint64_t end = generations + sizeof(Generations);
  const std::uint64_t pointer = (end + kWord - 1) / kWord * kWord - generations;
  return {.generation0 = pointer, .stats = pointer + kWord + sizeof(Generation)};
}

bool is_ring(const ProcessMemory& memory, std::uint64_t head, const Generation& generation) {
  const auto back = memory.read<std::uint64_t>((generation.next & ~kFlags) + kWord);
  const auto forth = memory.read<std::uint64_t>(generation.prev & ~kFlags);
  return back && forth && (*back & ~kFlags) == head && (*forth & ~kFlags) == head &&
         generation.threshold >= 0 && generation.count >= 0;
}

std::optional<Generations> read_generations(const ProcessMemory& memory, std::uint64_t address) {
  for (int i = 0; i < kTries; ++i) {
    const auto generations = memory.read<Generations>(address);
    bool whole = generations.has_value();
    for (std::size_t g = 0; whole && g < kGenerations; ++g) {
      whole = is_ring(memory, address + g * sizeof(Generation), (*generations)[g]);
    }
    if (whole) {
      return generations;
    }
  }
  return std::nullopt;
}

// The words from `begin` on, as far as they can be read.
std::vector<std::uint64_t> read_words(const ProcessMemory& memory, std::uint64_t begin) {
  std::vector<std::uint64_t> words(kMostBytes / kWord);
  std::size_t done = 0;
  while (
      done < kMostBytes &&
      memory.read(begin + done, std::as_writable_bytes(std::span(words)).subspan(done, kPiece))) {
    done += kPiece;
  }
  words.resize(done / kWord);
  return words;
}

std::optional<GcState> state_at(const ProcessMemory& memory, std::uint64_t address,
                                const Places& places) {
  const auto generations = read_generations(memory, address);
  if (!generations) {
    return std::nullopt;
  }
  GcState state;
  std::ranges::transform(*generations, state.counts.begin(), &Generation::count);
  if (places.stats) {
    using Stats = std::array<std::array<std::int64_t, 3>, kGenerations>;  // collections first
    const auto stats = memory.read<Stats>(address + *places.stats);
    if (stats && std::ranges::all_of(*stats, [](const auto& each) { return each[0] >= 0; })) {
      state.collections.emplace();
      std::ranges::transform(*stats, state.collections->begin(),
                             [](const auto& each) { return each[0]; });
    }
  }
  return state;
}

}  // namespace

std::optional<GcState> read_gc_state(const ProcessMemory& memory, std::uint64_t runtime,
                                     const PythonLayout& layout, const PythonVersion& version) {
  // 3.8 has it in _PyRuntime, later ones in the interpreter.
  const auto begin = version.minor <= 8
                         ? std::optional(runtime)
                         : memory.read<std::uint64_t>(runtime + layout.runtime_interpreters_main);
  if (!begin || *begin == 0) {
    return std::nullopt;
  }
  const std::vector<std::uint64_t> words = read_words(memory, *begin);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint64_t at = *begin + i * kWord;
    const std::uint64_t generations = words[i];  // if this is generation0
    if (generations < *begin || generations >= *begin + kMostBytes) {
      continue;
    }
    const Places places = places_of(generations, version);
    if (generations + places.generation0 == at) {
      if (const auto state = state_at(memory, generations, places)) {
        return state;
      }
    }
  }
  return std::nullopt;
}

}  // namespace tmbpf
