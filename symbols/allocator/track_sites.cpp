// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/track_sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "symbols/allocator/inner_entry.h"
#include "symbols/allocator/new_reference_call.h"
#include "symbols/allocator/operand_walk.h"

namespace tmbpf {
namespace {

struct TrackFunction {
  std::string_view symbol;
  tmbpf_op op;
};

constexpr std::array<TrackFunction, 2> kFunctions = {
    TrackFunction{"PyTraceMalloc_Track", TMBPF_OP_TRACK},
    TrackFunction{"PyTraceMalloc_Untrack", TMBPF_OP_UNTRACK}};

std::optional<ProbeSite> site_of(const CodeIndex& code, const TrackFunction& function) {
  const auto vaddr = code.image().symbol(function.symbol);
  const auto entry = vaddr ? find_inner_entry(code, *vaddr) : std::nullopt;
  const auto first = entry ? first_argument_at(code, *vaddr, entry->vaddr) : std::nullopt;
  const auto domain = first ? to_operand(*first) : std::nullopt;
  const auto ptr = entry ? to_operand(entry->arguments.rsi) : std::nullopt;
  const auto size = entry ? to_operand(entry->arguments.rdx) : std::nullopt;
  const bool sized = function.op == TMBPF_OP_TRACK;
  if (!domain || !ptr || (sized && !size)) {
    return std::nullopt;
  }
  ProbeSite site;
  site.vaddr = entry->vaddr;
  site.file_offset = code.image().file_offset(entry->vaddr).value_or(0);
  site.site.op = static_cast<std::uint8_t>(function.op);
  site.site.nelem = *domain;
  site.site.ptr = *ptr;
  if (sized) {
    site.site.size = *size;
  }
  return site;
}

}  // namespace

TrackPlan plan_track_sites(const CodeIndex& code) {
  TrackPlan plan;
  std::string missing;
  for (const TrackFunction& function : kFunctions) {
    if (const auto site = site_of(code, function)) {
      plan.sites.push_back(*site);
    } else {
      missing += fmt::format("; not {}", function.symbol);
    }
  }
  std::sort(plan.sites.begin(), plan.sites.end(),
            [](const ProbeSite& a, const ProbeSite& b) { return a.vaddr < b.vaddr; });
  plan.check = {"the functions of other domains can be probed at their entry", missing.empty(),
                fmt::format("{} of {} functions{}", plan.sites.size(), kFunctions.size(), missing)};
  return plan;
}

}  // namespace tmbpf
