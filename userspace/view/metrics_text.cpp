// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/metrics_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::optional<double> number(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    return std::nullopt;
  }
  if (const auto* integer = std::get_if<std::int64_t>(&found->second)) {
    return static_cast<double>(*integer);
  }
  const auto* real = std::get_if<double>(&found->second);
  return real != nullptr ? std::optional(*real) : std::nullopt;
}

std::string text(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  const auto* value = found == metadata.end() ? nullptr : std::get_if<std::string>(&found->second);
  return value != nullptr ? *value : "";
}

std::string value_text(const nlohmann::json& value, bool size) {
  if (size && value.is_number()) {
    return format_size(value.get<double>());
  }
  return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

// pytracemalloc's: a list of (title, format, value).
void add_user_data(std::vector<std::string>& lines, const Metadata& metadata) {
  const auto data = nlohmann::json::parse(text(metadata, "user_data"), nullptr, false);
  if (!data.is_array()) {
    return;
  }
  for (const nlohmann::json& entry : data) {
    if (entry.is_array() && entry.size() == 3 && entry[0].is_string()) {
      lines.push_back(fmt::format("{}: {}", printable(entry[0].get<std::string>()),
                                  value_text(entry[2], entry[1] == "size")));
    }
  }
}

void add_losses(std::vector<std::string>& lines, const Metadata& metadata) {
  constexpr std::string_view kPrefix = "lost.";
  constexpr std::string_view kSuffix = ".what";
  for (const auto& [key, value] : metadata) {
    const auto* what = std::get_if<std::string>(&value);
    if (what == nullptr || !key.starts_with(kPrefix) || !key.ends_with(kSuffix)) {
      continue;
    }
    const auto count = number(metadata, key.substr(0, key.size() - kSuffix.size()));
    lines.push_back(fmt::format("Lost {:.0f}: {}", count.value_or(0), printable(*what)));
  }
}

}  // namespace

std::vector<std::string> metrics_lines(const Metadata& metadata) {
  std::vector<std::string> lines;
  const auto rss = number(metadata, "rss");
  const auto memory = rss ? rss : number(metadata, "process_memory");
  if (memory) {
    lines.push_back("Total process memory: " + format_size(*memory));
  }
  if (const auto coverage = number(metadata, "coverage")) {
    lines.push_back("Coverage: " + format_percent(*coverage, 2));
  }
  add_losses(lines, metadata);
  if (const std::string replaced = text(metadata, "replaced_allocator"); !replaced.empty()) {
    lines.push_back(
        fmt::format("Not complete: what {} allocates was not seen", printable(replaced)));
  }
  add_user_data(lines, metadata);
  return lines;
}

}  // namespace tmbpf
