// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/recording_filters.h"

#include <fmt/format.h>

#include <algorithm>

#include "userspace/trace/recording_filters_json.h"
#include "util/error.h"

namespace tmbpf {
namespace {

nlohmann::json to_json(const TraceFilter& filter) {
  if (const auto* domain = std::get_if<DomainFilter>(&filter)) {
    return {{"inclusive", domain->inclusive}, {"domain", domain->domain}};
  }
  const auto& frames = std::get<Filter>(filter);
  nlohmann::json json{{"inclusive", frames.inclusive},
                      {"filename_pattern", frames.filename_pattern},
                      {"all_frames", frames.all_frames}};
  if (frames.lineno) {
    json["lineno"] = *frames.lineno;
  }
  if (frames.domain) {
    json["domain"] = *frames.domain;
  }
  return json;
}

std::optional<std::uint32_t> number(const nlohmann::json& json, const char* key) {
  return json.contains(key) ? std::optional(json.at(key).get<std::uint32_t>()) : std::nullopt;
}

TraceFilter trace_filter(const nlohmann::json& json) {
  const bool inclusive = json.at("inclusive").get<bool>();
  if (!json.contains("filename_pattern")) {
    return DomainFilter{.inclusive = inclusive, .domain = json.at("domain").get<std::uint32_t>()};
  }
  return Filter{.inclusive = inclusive,
                .filename_pattern = json.at("filename_pattern").get<std::string>(),
                .lineno = number(json, "lineno"),
                .all_frames = json.value("all_frames", false),
                .domain = number(json, "domain")};
}

std::string to_line(const TraceFilter& filter) {
  if (const auto* domain = std::get_if<DomainFilter>(&filter)) {
    return fmt::format("{} {}", domain->inclusive ? "--domain" : "--exclude-domain",
                       domain->domain);
  }
  const auto& frames = std::get<Filter>(filter);
  return fmt::format("{} {}{}{}{}", frames.inclusive ? "--include" : "--exclude",
                     frames.filename_pattern,
                     frames.lineno ? fmt::format(":{}", *frames.lineno) : "",
                     frames.all_frames ? " --all-frames" : "",
                     frames.domain ? fmt::format(" --domain {}", *frames.domain) : "");
}

}  // namespace

void RecordingFilters::add(const RecordingFilters& more) {
  filters.insert(filters.end(), more.filters.begin(), more.filters.end());
  min_size = std::max(min_size, more.min_size);
}

nlohmann::json to_json(const RecordingFilters& filters) {
  nlohmann::json list = nlohmann::json::array();
  for (const TraceFilter& filter : filters.filters) {
    list.push_back(to_json(filter));
  }
  return {{"filters", std::move(list)}, {"min_size", filters.min_size}};
}

RecordingFilters recording_filters(const nlohmann::json& json) {
  try {
    RecordingFilters result{.filters = {}, .min_size = json.at("min_size").get<std::uint64_t>()};
    for (const nlohmann::json& filter : json.at("filters")) {
      result.filters.push_back(trace_filter(filter));
    }
    return result;
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("filters of an unknown form: {}", error.what()));
  }
}

std::vector<std::string> to_lines(const RecordingFilters& filters) {
  std::vector<std::string> lines;
  std::ranges::transform(filters.filters, std::back_inserter(lines), to_line);
  if (filters.min_size > 0) {
    lines.push_back(fmt::format("--min-size {}", filters.min_size));
  }
  return lines;
}

}  // namespace tmbpf
