// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/traceback_filter.h"

#include <algorithm>

namespace tmbpf {
namespace {

Filter filter_of(const TraceFilter& filter) {
  if (const auto* domain = std::get_if<DomainFilter>(&filter)) {
    return {.inclusive = domain->inclusive, .all_frames = true, .domain = domain->domain};
  }
  return std::get<Filter>(filter);
}

}  // namespace

TracebackFilter::TracebackFilter(std::span<const TraceFilter> filters) {
  for (const TraceFilter& given : filters) {
    Filter filter = filter_of(given);
    FilePattern pattern(normalized_filename(filter.filename_pattern));
    auto& rules = filter.inclusive ? including_ : excluding_;
    rules.push_back({std::move(filter), std::move(pattern), {}});
  }
}

bool TracebackFilter::Rule::fits(std::string_view filename) {
  std::string name(filename);
  const auto known = names.find(name);
  if (known != names.end()) {
    return known->second;
  }
  const bool fits = pattern.matches(normalized_filename(name));
  names.emplace(std::move(name), fits);
  return fits;
}

bool TracebackFilter::Rule::fits(const NamedFrame& frame) {
  return (!filter.lineno || *filter.lineno == frame.lineno) && fits(frame.filename);
}

bool TracebackFilter::Rule::matches(std::uint32_t domain, std::span<const NamedFrame> frames) {
  return has_domain(domain) &&
         std::ranges::any_of(filter.all_frames ? frames : frames.first(1),
                             [this](const NamedFrame& frame) { return fits(frame); });
}

bool TracebackFilter::keeps(std::uint32_t domain, std::span<const NamedFrame> most_recent_first) {
  const auto matches = [&](Rule& rule) { return rule.matches(domain, most_recent_first); };
  return (including_.empty() || std::ranges::any_of(including_, matches)) &&
         std::ranges::none_of(excluding_, matches);
}

bool TracebackFilter::drops_file(std::uint32_t domain, std::string_view filename) {
  const auto may_keep = [&](Rule& rule) {
    return rule.has_domain(domain) && (rule.filter.all_frames || rule.fits(filename));
  };
  const auto drops = [&](Rule& rule) {
    return rule.has_domain(domain) && !rule.filter.lineno && rule.fits(filename);
  };
  return (!including_.empty() && std::ranges::none_of(including_, may_keep)) ||
         std::ranges::any_of(excluding_, drops);
}

}  // namespace tmbpf
