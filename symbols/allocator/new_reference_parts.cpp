// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_parts.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>

namespace tmbpf {
namespace {

constexpr std::uint64_t kMaxRange = 1U << 20U;
constexpr std::size_t kMaxParts = 16;

// By target: whether one of them is conditional.
using Jumps = std::map<std::uint64_t, bool>;

bool inside(const FunctionRange& range, std::uint64_t vaddr) {
  return vaddr >= range.start && vaddr < range.end;
}

// jcc rel8, jcc rel32
bool is_conditional(std::span<const std::byte> code) {
  const auto first = std::to_integer<unsigned>(code.front());
  return first == 0x0f || (first & 0xf0U) == 0x70;
}

// Targets of the direct jumps that leave a range.
Jumps jumps_out_of(const CodeIndex& code, const FunctionRange& range) {
  Jumps targets;
  const std::uint64_t size = std::min(range.end - range.start, kMaxRange);
  const auto bytes = code.image().bytes_at(range.start, static_cast<std::size_t>(size));
  for (std::size_t at = 0; at < bytes.size();) {
    const auto instruction = decode_brief(bytes.subspan(at), range.start + at);
    if (instruction && instruction->is_jump && !inside(range, instruction->target.value_or(0))) {
      targets[*instruction->target] |= is_conditional(bytes.subspan(at));
    }
    at += instruction ? instruction->length : 1U;
  }
  return targets;
}

class PartsSearch {
 public:
  explicit PartsSearch(const CodeIndex& code) : code_(code) {}

  FunctionParts run(const FunctionRange& first) {
    add(first);
    while (!work_.empty() && parts_.size() < kMaxParts) {
      const std::uint64_t start = work_.back();
      work_.pop_back();
      for (const auto& [target, conditional] : jumps(parts_.at(start))) {
        // The PLT is one range of many functions.
        const auto range =
            code_.image().plt_target(target) ? std::nullopt : code_.image().function_around(target);
        // Compilers rarely call a function by a conditional jump.
        if (range && (target != range->start || conditional || returns_into_parts(*range))) {
          add(*range);
        }
      }
    }
    return result();
  }

 private:
  const Jumps& jumps(const FunctionRange& range) {
    const auto found = jumps_.find(range.start);
    return found != jumps_.end()
               ? found->second
               : jumps_.emplace(range.start, jumps_out_of(code_, range)).first->second;
  }

  void add(const FunctionRange& range) {
    if (parts_.emplace(range.start, range).second) {
      work_.push_back(range.start);
    }
  }

  bool returns_into_parts(const FunctionRange& range) {
    const auto& targets = jumps(range);
    return std::any_of(targets.begin(), targets.end(), [&](const auto& jump) {
      const auto part = code_.image().function_around(jump.first);
      return part && jump.first != part->start && parts_.contains(part->start);
    });
  }

  FunctionParts result() {
    FunctionParts result;
    for (const auto& part : parts_) {
      const std::uint64_t start = part.first;
      result.ranges.push_back(part.second);
      const bool entered = std::any_of(parts_.begin(), parts_.end(), [&](const auto& other) {
        return other.first != start && jumps(other.second).contains(start);
      });
      // What no other range is entered from may be a function that was called by a jump.
      if (!entered || !returns_into_parts(part.second)) {
        result.entries.push_back(start);
      }
    }
    return result;
  }

  const CodeIndex& code_;
  std::map<std::uint64_t, FunctionRange> parts_;
  std::map<std::uint64_t, Jumps> jumps_;
  std::vector<std::uint64_t> work_;
};

}  // namespace

bool FunctionParts::contains(std::uint64_t vaddr) const {
  return std::any_of(ranges.begin(), ranges.end(),
                     [vaddr](const FunctionRange& range) { return inside(range, vaddr); });
}

FunctionParts function_parts_at(const CodeIndex& code, std::uint64_t vaddr) {
  const auto range = code.image().function_around(vaddr);
  return range ? PartsSearch(code).run(*range) : FunctionParts{};
}

}  // namespace tmbpf
