// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "symbols/allocator/new_reference_finder.h"
#include "tests/unit/new_references/planned_python.h"
#include "tests/unit/planner/traced_python.h"

namespace tmbpf::test {

// Follows a running interpreter: an object that was seen and whose block was not freed since comes
// from a free list.
class RecyclingCheck {
 public:
  RecyclingCheck(const PlannedPython& python, const NewReferencePlan& plan);

  // To the program's end. Fails the test when an object that a left-out place got is no new one.
  void run();
  // Objects from free lists at probed places; objects at places that were left out.
  [[nodiscard]] std::size_t recycled() const { return recycled_; }
  [[nodiscard]] std::size_t fresh() const { return fresh_; }

 private:
  using Sites = std::map<std::uint64_t, tmbpf_site>;

  void add(const ProbeSite& site, Sites& sites);
  void at_free(const tmbpf_site& site);
  // True when the object was there before.
  bool at_object(const tmbpf_site& site);

  TracedPython python_;
  Sites frees_;
  Sites probed_;
  Sites skipped_;
  std::set<std::uint64_t> objects_;
  std::size_t recycled_ = 0;
  std::size_t fresh_ = 0;
};

}  // namespace tmbpf::test
