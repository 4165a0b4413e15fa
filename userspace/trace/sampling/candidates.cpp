// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/candidates.h"

#include <algorithm>

#include "symbols/heap/pymalloc_heap.h"
#include "userspace/model/replicates.h"

namespace tmbpf {
namespace {

using std::chrono::milliseconds;

// After the first look, and between two.
constexpr std::array<milliseconds, 12> kDelays{
    milliseconds(1),    milliseconds(2),    milliseconds(4),    milliseconds(10),
    milliseconds(25),   milliseconds(60),   milliseconds(150),  milliseconds(400),
    milliseconds(1000), milliseconds(2500), milliseconds(6000), milliseconds(15000)};
constexpr std::size_t kLooksToCount = 6;  // 0.1 s
constexpr std::size_t kMost = 1U << 16U;  // candidates; then half of them stand for all
constexpr std::size_t kMostAtOnce = 4096;

}  // namespace

Candidates::Candidates(pid_t pid, const tmbpf_python& python, bool pymalloc)
    : memory_(pid), python_(python), pymalloc_(pymalloc), contents_(memory_, python) {}

void Candidates::add(std::span<const SeenBlock> seen, Clock::time_point now) {
  for (const SeenBlock& one : seen) {
    if (one.content.size == 0) {
      continue;
    }
    Candidate& candidate = known_[one.block.address];
    candidate = {
        .block = one.block, .content = one.content, .block_size = one.block_size, .id = ++ids_};
    schedule(candidate, now);
  }
  while (known_.size() > kMost) {
    thin();
  }
}

void Candidates::thin() {
  std::erase_if(known_, [this](const auto&) { return random_() % 2 == 0; });
  for (auto& [address, candidate] : known_) {
    candidate.block.weight *= 2;
    if (candidate.block.window == SampledBlock::kNoWindow) {
      candidate.block.window = static_cast<std::uint32_t>(random_() % kReplicates);
    }
  }
}

void Candidates::clear() {
  known_.clear();
  for (auto& due : due_) {
    due.clear();
  }
}

void Candidates::schedule(const Candidate& candidate, Clock::time_point now) {
  const std::size_t level = std::min(candidate.looks, kLooks - 1);
  due_[level].push_back({now + kDelays[level], candidate.block.address, candidate.id});
}

void Candidates::look(Clock::time_point now) {
  std::vector<std::uint64_t> addresses;
  for (auto& due : due_) {
    while (!due.empty() && due.front().at <= now && addresses.size() < kMostAtOnce) {
      const auto known = known_.find(due.front().address);
      if (known != known_.end() && known->second.id == due.front().id) {
        addresses.push_back(due.front().address);
      }
      due.pop_front();
    }
  }
  look_at(addresses);
  for (const std::uint64_t address : addresses) {
    const auto known = known_.find(address);
    if (known != known_.end()) {
      ++known->second.looks;
      schedule(known->second, now);
    }
  }
}

void Candidates::look_at(const std::vector<std::uint64_t>& addresses) {
  if (addresses.empty()) {
    return;
  }
  PymallocHeap heap;
  if (pymalloc_) {
    heap = read_pools(memory_, python_, pools_of(addresses, python_.pool_size));
  }
  std::vector<BlockContents::Place> places;
  places.reserve(addresses.size());
  for (const std::uint64_t address : addresses) {
    places.push_back({address, known_[address].block_size});
  }
  const std::vector<BlockContent> now = contents_.read(places);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const bool is_free =
        pymalloc_ && heap.is_settled(addresses[i]) && !heap.blocks.contains(addresses[i]);
    if (is_free || !contents_.is_same(known_[addresses[i]].content, now[i])) {
      known_.erase(addresses[i]);
    }
  }
}

std::vector<SampledBlock> Candidates::survivors() {
  std::vector<std::uint64_t> addresses;
  for (const auto& [address, candidate] : known_) {
    addresses.push_back(address);
  }
  std::vector<std::uint64_t> part;
  for (std::size_t first = 0; first < addresses.size(); first += kMostAtOnce) {
    const auto begin = addresses.begin() + static_cast<std::ptrdiff_t>(first);
    part.assign(begin, begin + static_cast<std::ptrdiff_t>(
                                   std::min(kMostAtOnce, addresses.size() - first)));
    look_at(part);
  }
  std::vector<SampledBlock> blocks;
  for (const auto& [address, candidate] : known_) {
    const bool recorded = candidate.block.window == SampledBlock::kNoWindow;
    if (recorded || candidate.looks >= kLooksToCount) {
      blocks.push_back(candidate.block);
    }
  }
  return blocks;
}

std::optional<SampledBlock> Candidates::find(std::uint64_t address) {
  for (const auto& [start, candidate] : known_) {
    if (address - start < std::max<std::uint32_t>(candidate.block.size, 1)) {
      const SampledBlock found = candidate.block;
      look_at({start});
      return known_.contains(found.address) ? std::optional(found) : std::nullopt;
    }
  }
  return std::nullopt;
}

Candidates::Clock::time_point Candidates::next_look() const {
  Clock::time_point next = Clock::time_point::max();
  for (const auto& due : due_) {
    if (!due.empty()) {
      next = std::min(next, due.front().at);
    }
  }
  return next;
}

}  // namespace tmbpf
