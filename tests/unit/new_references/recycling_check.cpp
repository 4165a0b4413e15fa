// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/new_references/recycling_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "symbols/allocator/probe_plan.h"

namespace tmbpf::test {
namespace {

constexpr std::uint64_t kZeroFlag = 0x40;

}  // namespace

RecyclingCheck::RecyclingCheck(const PlannedPython& python, const NewReferencePlan& plan)
    : python_(python.interpreter, kRecycle) {
  for (const ProbeSite& site : make_probe_plan(python.image, python.tables).sites) {
    const bool frees = site.site.op == TMBPF_OP_FREE || site.site.op == TMBPF_OP_REALLOC;
    if (frees && site.attach == AttachKind::entry) {
      add(site, frees_);
    }
  }
  for (const ProbeSite& site : plan.sites) {
    add(site, probed_);
  }
  for (const ProbeSite& site : plan.fresh) {
    add(site, skipped_);
  }
}

void RecyclingCheck::run() {
  while (const std::optional<std::uint64_t> address = python_.run_to_breakpoint()) {
    const std::uint64_t vaddr = *address - python_.bias();
    if (const auto site = frees_.find(vaddr); site != frees_.end()) {
      at_free(site->second);
    } else if (const auto recycler = probed_.find(vaddr); recycler != probed_.end()) {
      recycled_ += at_object(recycler->second) ? 1 : 0;
    } else if (const auto fresh = skipped_.find(vaddr); fresh != skipped_.end()) {
      EXPECT_FALSE(at_object(fresh->second)) << fmt::format("{:#x} took a free object", vaddr);
      ++fresh_;
    }
    python_.step_over(*address);
  }
  EXPECT_EQ(python_.exit_status(), 0);
}

void RecyclingCheck::add(const ProbeSite& site, Sites& sites) {
  sites[site.vaddr] = site.site;
  python_.set_breakpoint(site.vaddr + python_.bias());
}

void RecyclingCheck::at_free(const tmbpf_site& site) {
  const bool runs = site.guarded == 0 || (python_.registers().eflags & kZeroFlag) != 0;
  const std::uint64_t block = python_.value_of(site.ptr).value_or(0);
  // In front of an object lie up to four words: GC header, dict and weak reference pointers.
  for (std::uint64_t header = 0; runs && header <= 32; header += 8) {
    objects_.erase(block + header);
  }
}

bool RecyclingCheck::at_object(const tmbpf_site& site) {
  const bool flag_off = site.guarded == 0 || (python_.registers().eflags & kZeroFlag) != 0;
  EXPECT_TRUE(flag_off);
  return !objects_.insert(python_.value_of(site.ptr).value_or(0)).second;
}

}  // namespace tmbpf::test
