// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::string text(const Metadata& metadata, const std::string& key) {
  return metadatum<std::string>(metadata, key).value_or("");
}

std::string size_text(double size, std::optional<double> old) {
  return old ? fmt::format("{} ({})", format_size(size), format_size(size - *old, true))
             : format_size(size);
}

constexpr std::size_t kUserLines = 20;
constexpr std::size_t kUserWidth = 200;  // characters

struct UserDatum {
  std::string title;
  nlohmann::json value;
  bool is_size = false;
};

// Without what lies deeper than any user data; discarded() when it is no JSON. A hostile file could
// nest so deeply that printing it would overflow the stack.
nlohmann::json shallow_json(const std::string& text) {
  constexpr int kDepth = 16;
  const auto keep = [](int depth, nlohmann::json::parse_event_t /*event*/,
                       const nlohmann::json& /*value*/) { return depth < kDepth; };
  return nlohmann::json::parse(text, keep, false);
}

// A tuple is {"$tuple": [...]} in metadata (files/pickle/pickle_attributes.h).
const nlohmann::json& list_of(const nlohmann::json& value) {
  const auto tuple = value.find("$tuple");
  return tuple == value.end() ? value : *tuple;
}

std::string one_line(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// What a command printed that is no JSON for us: its lines.
std::vector<UserDatum> user_lines(const std::string& text) {
  std::vector<UserDatum> data;
  std::istringstream lines(text);
  for (std::string line; data.size() < kUserLines && std::getline(lines, line);) {
    data.push_back({.title = "User data", .value = shorten_right(printable(line), kUserWidth)});
  }
  return data;
}

// pytracemalloc's: a list of (title, format, value). Of an object each member, of any other text
// each line.
std::vector<UserDatum> user_data(const Metadata& metadata) {
  std::vector<UserDatum> data;
  const std::string all = text(metadata, "user_data");
  const auto parsed = shallow_json(all);
  const nlohmann::json& entries = list_of(parsed);
  if (entries.is_object()) {
    for (const auto& [title, value] : entries.items()) {
      if (data.size() < kUserLines) {
        data.push_back({.title = title, .value = shorten_right(one_line(value), kUserWidth)});
      }
    }
    return data;
  }
  if (!entries.is_array()) {
    return user_lines(all);
  }
  for (std::size_t i = 0; entries.is_array() && i < entries.size(); ++i) {
    const nlohmann::json& parts = list_of(entries[i]);
    if (parts.is_array() && parts.size() == 3 && parts[0].is_string()) {
      data.push_back({.title = parts[0].get<std::string>(),
                      .value = parts[2],
                      .is_size = parts[1] == "size" && parts[2].is_number()});
    }
  }
  return data;
}

void add_user_data(std::vector<std::string>& lines, const Metadata& metadata, const Metadata* old) {
  const std::vector<UserDatum> before = old != nullptr ? user_data(*old) : std::vector<UserDatum>();
  for (const UserDatum& each : user_data(metadata)) {
    const auto same = std::ranges::find_if(before, [&each](const UserDatum& other) {
      return other.is_size && other.title == each.title;
    });
    std::string shown = one_line(each.value);
    if (each.is_size) {
      shown =
          size_text(each.value.get<double>(),
                    same != before.end() ? std::optional(same->value.get<double>()) : std::nullopt);
    }
    lines.push_back(fmt::format("{}: {}", printable(each.title), printable(shown)));
  }
}

std::optional<double> process_memory(const Metadata& metadata) {
  const auto rss = metadata_number(metadata, "rss");
  return rss ? rss : metadata_number(metadata, "process_memory");
}

// "TITLE: SIZE", if the metadata has it.
void add_size(std::vector<std::string>& lines, const char* title, const std::string& key,
              const Metadata& metadata, const Metadata* old) {
  if (const auto size = metadata_number(metadata, key)) {
    const auto before = old != nullptr ? metadata_number(*old, key) : std::nullopt;
    lines.push_back(fmt::format("{}: {}", title, size_text(*size, before)));
  }
}

// "NUMBER, NUMBER, NUMBER", one for each generation; empty when they are not known.
std::string generations(const Metadata& metadata, const char* key) {
  std::string numbers;
  for (int i = 0; i < 3; ++i) {
    const auto number = metadata_number(metadata, fmt::format("{}.{}", key, i));
    if (!number) {
      return {};
    }
    numbers += fmt::format("{}{:.0f}", i == 0 ? "" : ", ", *number);
  }
  return numbers;
}

void add_process(std::vector<std::string>& lines, const Metadata& metadata, const Metadata* old) {
  add_size(lines, "Proportional share of it (PSS)", "pss", metadata, old);
  add_size(lines, "Virtual memory", "vm_size", metadata, old);
  add_size(lines, "Tracer memory", "tracer_memory", metadata, old);
  if (const auto blocks = metadata_number(metadata, "allocated_blocks")) {
    lines.push_back(fmt::format("Allocated blocks: {}",
                                format_count(static_cast<std::uint64_t>(std::max(*blocks, 0.0)))));
  }
  add_size(lines, "Arenas", "arena_bytes", metadata, old);
  if (const auto free = metadata_number(metadata, "fragmentation")) {
    lines.push_back("Free in arenas: " + format_percent(*free, 1));
  }
  if (const auto strings = metadata_number(metadata, "interned_strings")) {
    lines.push_back(fmt::format("Interned strings: {}",
                                format_count(static_cast<std::uint64_t>(std::max(*strings, 0.0)))));
  }
  if (const std::string counts = generations(metadata, "gc.count"); !counts.empty()) {
    lines.push_back("Garbage collector's counts: " + counts);
  }
  if (const std::string done = generations(metadata, "gc.collections"); !done.empty()) {
    lines.push_back("Garbage collections: " + done);
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
    const auto count = metadata_number(metadata, key.substr(0, key.size() - kSuffix.size()));
    lines.push_back(fmt::format("Lost {:.0f}: {}", count.value_or(0), printable(*what)));
  }
}

}  // namespace

std::vector<std::string> metrics_lines(const Metadata& metadata, const Metadata* old) {
  std::vector<std::string> lines;
  if (const auto memory = process_memory(metadata)) {
    lines.push_back("Total process memory: " +
                    size_text(*memory, old != nullptr ? process_memory(*old) : std::nullopt));
  }
  add_process(lines, metadata, old);
  if (const auto coverage = metadata_number(metadata, "coverage")) {
    lines.push_back("Coverage: " + format_percent(*coverage, 2));
  }
  add_losses(lines, metadata);
  if (const std::string replaced = text(metadata, "replaced_allocator"); !replaced.empty()) {
    lines.push_back(
        fmt::format("Not complete: what {} allocates was not seen", printable(replaced)));
  }
  add_user_data(lines, metadata, old);
  if (const std::string error = text(metadata, "user_data_error"); !error.empty()) {
    lines.push_back("User data is not whole: " + printable(error));
  }
  return lines;
}

}  // namespace tmbpf
