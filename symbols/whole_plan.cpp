// SPDX-License-Identifier: Apache-2.0
#include "symbols/whole_plan.h"

#include <optional>
#include <utility>

#include "symbols/allocator/new_reference_finder.h"
#include "symbols/allocator/plan_checks.h"
#include "symbols/allocator/track_sites.h"

namespace tmbpf {
namespace {

constexpr int kFlagInRuntime = 12;   // minor version from which it is a field of _PyRuntime
constexpr int kFlagIsFunction = 13;  // and from which it is the reference tracer's function

// Nothing: the flag was not found.
std::optional<TracingFlag> tracing_flag(const PythonVersion& version, const PythonLayout& layout) {
  if (version.minor < kFlagInRuntime) {
    return TracingFlag{};
  }
  if (layout.runtime_tracing == TMBPF_NO_FIELD) {
    return std::nullopt;
  }
  return TracingFlag{.symbol = "_PyRuntime",
                     .offset = layout.runtime_tracing,
                     .size = static_cast<std::uint8_t>(version.minor < kFlagIsFunction ? 4 : 8)};
}

void append(std::vector<ProbeSite>& sites, const std::vector<ProbeSite>& more) {
  sites.insert(sites.end(), more.begin(), more.end());
}

}  // namespace

WholePlan make_whole_plan(const ElfImage& image, const AllocatorTables& tables,
                          const PythonVersion& version, const PythonLayout& layout) {
  WholePlan plan;
  const std::optional<TracingFlag> flag = tracing_flag(version, layout);
  CodeInterest interest = allocator_interest(image, tables);
  if (flag) {
    add_new_reference_interest(image, *flag, interest);
  }
  const CodeIndex code(image, interest);
  plan.probes = make_probe_plan(code, tables);
  const TrackPlan track = plan_track_sites(code);
  append(plan.probes.sites, track.sites);
  plan.probes.checks.push_back(track.check);
  if (!flag) {
    plan.free_list_checks.push_back({"tracemalloc's own flag is found", false, "no code reads it"});
    check_sites(plan.probes);
    return plan;
  }
  const NewReferencePlan references = plan_new_references(code, tables, *flag);
  append(plan.probes.sites, references.sites);
  plan.free_list_checks = check_new_references(code, references);
  plan.probes.counts.owners = references.sites.size();
  check_sites(plan.probes);
  return plan;
}

}  // namespace tmbpf
