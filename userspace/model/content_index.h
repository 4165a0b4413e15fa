// SPDX-License-Identifier: Apache-2.0
// Finds what is stored elsewhere under numbers from 0 by its content. Not part of the installed
// library, which needs no header of tsl-robin-map that way.
#pragma once

#include <tsl/robin_map.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace tmbpf {

// Open addressing, with hashes alone in it: several times as fast as the nodes of the standard
// library's containers when there are hundreds of thousands.
class ContentIndex {
 public:
  // The number for which equal(number) holds, if it was added; `hash` is its content's.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> find(std::size_t hash, Equal equal) const {
    const auto found = last_.find(hash);
    for (std::uint32_t number = found == last_.end() ? kNone : found->second; number != kNone;
         number = earlier_[number]) {
      if (equal(number)) {
        return number;
      }
    }
    return std::nullopt;
  }

  // Adds the next number, which is how many were added before.
  void add(std::size_t hash) {
    const auto number = static_cast<std::uint32_t>(earlier_.size());
    const auto [entry, added] = last_.try_emplace(hash, number);
    earlier_.push_back(added ? kNone : entry->second);
    entry.value() = number;
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Same {
    std::size_t operator()(std::size_t hash) const { return hash; }
  };

  tsl::robin_map<std::size_t, std::uint32_t, Same> last_;  // by hash
  std::vector<std::uint32_t> earlier_;                     // by number: another with its hash
};

}  // namespace tmbpf
