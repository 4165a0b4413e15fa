// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/model_random_filters.h"

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

namespace tmbpf::test {
namespace {

constexpr std::array<std::string_view, 32> kPatterns{
    "*",       "a.py",     "a.pyc",          "*.py",
    "*.pyc",   "/usr/*",   "*json*",         "<*>",
    "?.py",    "",         "??????????",     "[a-c].py",
    "[!a]*",   "[c-a]*",   "[!c-a].py",      "*[",
    "[[]*",    "[]a]*",    "[!]a]*",         "*[b-a!t]*",
    "[^a]*",   "*[-.]*",   "*[a-]*y",        "[&~|a]*",
    "*\\*",    "*'*",      "caf[\u00e9].py", "*[\u3000-\U0001f40d]*",
    "**a**y*", "*.p[x-z]", "/usr*json*.py",  "*[a-bc-aa-z]?py"};

template <typename Value>
nlohmann::json value_or_null(const std::optional<Value>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json fields_of(const TraceFilter& filter) {
  if (const auto* domain = std::get_if<DomainFilter>(&filter)) {
    return {{"inclusive", domain->inclusive}, {"domain", domain->domain}};
  }
  const auto& frames = std::get<Filter>(filter);
  return {{"inclusive", frames.inclusive},
          {"pattern", frames.filename_pattern},
          {"lineno", value_or_null(frames.lineno)},
          {"all_frames", frames.all_frames},
          {"domain", value_or_null(frames.domain)}};
}

}  // namespace

std::vector<TraceFilter> random_filters(std::uint32_t seed) {
  std::mt19937_64 random(seed + 1'000'000);
  const auto below = [&random](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  std::vector<TraceFilter> filters;
  for (std::uint32_t left = below(5); left > 0; --left) {
    const bool inclusive = below(2) == 0;
    const std::uint32_t domain = below(3) == 0 ? 389047U : 0U;
    if (below(6) == 0) {
      filters.emplace_back(DomainFilter{.inclusive = inclusive, .domain = domain});
      continue;
    }
    Filter filter{.inclusive = inclusive,
                  .filename_pattern = std::string(kPatterns[below(kPatterns.size())]),
                  .all_frames = below(2) == 0};
    if (below(3) == 0) {
      filter.lineno = below(4);
    }
    if (below(4) == 0) {
      filter.domain = domain;
    }
    filters.emplace_back(std::move(filter));
  }
  return filters;
}

std::string to_json(const std::vector<TraceFilter>& filters) {
  nlohmann::json list = nlohmann::json::array();
  for (const TraceFilter& filter : filters) {
    list.push_back(fields_of(filter));
  }
  return list.dump();
}

}  // namespace tmbpf::test
