// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/filter_arguments.h"

#include <optional>
#include <utility>

#include "userspace/model/filter_text.h"

namespace tmbpf {

void FilterArguments::add_to(CLI::App& app) {
  app.add_option("--include", include_, "Only traces of files like PATTERN[:LINE]; may repeat")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->group("Filters");
  app.add_option("--exclude", exclude_, "No traces of files like PATTERN[:LINE]; may repeat")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->group("Filters");
  app.add_flag("--all-frames", all_frames_, "Look at every frame, not only the most recent")
      ->group("Filters");
  app.add_option("--domain", domains_, "Only this tracemalloc domain (0: Python's own); may repeat")
      ->allow_extra_args(false)
      ->group("Filters");
  app.add_option("--exclude-domain", exclude_domains_, "Not this domain; may repeat")
      ->allow_extra_args(false)
      ->group("Filters");
}

std::vector<TraceFilter> FilterArguments::filters() const {
  std::vector<TraceFilter> filters;
  const auto add = [&](const std::string& text, bool inclusive,
                       std::optional<std::uint32_t> domain) {
    Filter filter = parse_filter(text, inclusive);
    filter.all_frames = all_frames_;
    filter.domain = domain;
    filters.emplace_back(std::move(filter));
  };
  // Inclusive filters are alternatives: a pattern and a domain must be one of them to hold both.
  for (const std::string& text : include_) {
    if (domains_.empty()) {
      add(text, true, std::nullopt);
    }
    for (const std::uint32_t domain : domains_) {
      add(text, true, domain);
    }
  }
  for (const std::string& text : exclude_) {
    add(text, false, std::nullopt);
  }
  for (const std::uint32_t domain : include_.empty() ? domains_ : std::vector<std::uint32_t>()) {
    filters.emplace_back(DomainFilter{.inclusive = true, .domain = domain});
  }
  for (const std::uint32_t domain : exclude_domains_) {
    filters.emplace_back(DomainFilter{.inclusive = false, .domain = domain});
  }
  return filters;
}

}  // namespace tmbpf
