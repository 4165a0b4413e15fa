// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/snapshot_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>

#include "userspace/view/coverage_notes.h"
#include "userspace/view/human_text.h"
#include "userspace/view/report/report_number.h"
#include "userspace/view/report/report_text.h"

namespace tmbpf {
namespace {

constexpr std::array<std::string_view, 4> kTexts{"command", "python", "mode", "state"};
constexpr std::array<std::string_view, 6> kNumbers{"pid",  "time", "elapsed",
                                                   "peak", "rss",  "coverage"};

// Whether the page may rely on it: a file may hold any value under any key.
bool is_shown(const std::string& key, const MetadataValue& value) {
  return std::holds_alternative<std::string>(value)
             ? std::ranges::find(kTexts, key) != kTexts.end()
             : std::ranges::find(kNumbers, key) != kNumbers.end();
}

// Calls each(rest of the key, value) for the keys that begin with `prefix`.
template <typename Each>
void for_each_below(const Metadata& metadata, const std::string& prefix, Each each) {
  for (auto field = metadata.lower_bound(prefix);
       field != metadata.end() && field->first.starts_with(prefix); ++field) {
    each(std::string_view(field->first).substr(prefix.size()), field->second);
  }
}

std::uint64_t natural(const MetadataValue& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : static_cast<std::uint64_t>(std::max<std::int64_t>(*number, 0));
}

std::uint64_t natural(const Metadata& metadata, const std::string& key) {
  const auto field = metadata.find(key);
  return field == metadata.end() ? 0 : natural(field->second);
}

std::string text(const Metadata& metadata, const std::string& key) {
  return metadatum<std::string>(metadata, key).value_or("");
}

// The inverse of how to_metadata() keeps losses.
std::vector<Loss> losses(const Metadata& metadata, const std::string& prefix) {
  std::vector<Loss> result;
  for_each_below(metadata, prefix, [&](std::string_view key, const MetadataValue& value) {
    if (key.find('.') == std::string_view::npos) {
      const std::string what = text(metadata, fmt::format("{}{}.what", prefix, key));
      result.push_back({.what = what.empty() ? std::string(key) : what,
                        .key = std::string(key),
                        .count = natural(value)});
    }
  });
  return result;
}

std::optional<std::uint32_t> block_size(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  return error == std::errc{} && end == digits.end() ? std::optional(number) : std::nullopt;
}

void read_classes(const Metadata& metadata, const std::string& prefix,
                  std::uint64_t SizeClassCoverage::*blocks, Coverage& coverage) {
  for_each_below(metadata, prefix, [&](std::string_view key, const MetadataValue& value) {
    if (const auto size = block_size(key)) {
      SizeClassCoverage& row = coverage.classes.emplace_back();
      row.block_size = *size;
      row.*blocks = natural(value);
    }
  });
}

// What coverage_notes() needs of it.
Coverage coverage_of(const Metadata& metadata) {
  Coverage coverage{.missing = natural(metadata, "coverage.missing"),
                    .extra = natural(metadata, "coverage.extra"),
                    .before = natural(metadata, "before.blocks"),
                    .unsettled_pools = natural(metadata, "coverage.unsettled_pools"),
                    .causes = losses(metadata, "coverage.cause.")};
  read_classes(metadata, "coverage.missing.", &SizeClassCoverage::missing, coverage);
  read_classes(metadata, "before.", &SizeClassCoverage::before, coverage);
  return coverage;
}

struct Totals {
  double size = 0;
  double count = 0;
  double truncated = 0;
};

Totals totals_of(const Snapshot& snapshot) {
  const TracebackTable& table = snapshot.table();
  std::vector<bool> truncated(table.traceback_count());
  for (std::size_t i = 0; i < truncated.size(); ++i) {
    const Traceback traceback = table.traceback(static_cast<TracebackId>(i));
    truncated[i] = traceback.total_nframe > traceback.frames.size();
  }
  Totals totals;
  snapshot.traces().for_each([&](std::uint32_t, TracebackId id, std::uint64_t size, double weight) {
    const double bytes = static_cast<double>(size) * weight;
    totals.size += bytes;
    totals.count += weight;
    totals.truncated += truncated[to_index(id)] ? bytes : 0;
  });
  return totals;
}

struct ToJson {
  std::size_t width;

  nlohmann::json operator()(std::int64_t value) const { return value; }
  nlohmann::json operator()(double value) const { return report_number(value); }
  nlohmann::json operator()(const std::string& value) const { return report_text(value, width); }
};

}  // namespace

std::vector<std::string> snapshot_notes(const Metadata& metadata) {
  std::vector<std::string> notes;
  if (const std::string replaced = text(metadata, "replaced_allocator"); !replaced.empty()) {
    notes.push_back(fmt::format("not complete: what {} allocates is not seen", replaced));
  }
  for (const Loss& loss : losses(metadata, "lost.")) {
    if (loss.count != 0) {
      notes.push_back(fmt::format("lost {}: {}", format_count(loss.count), loss.what));
    }
  }
  std::ranges::move(coverage_notes(coverage_of(metadata)), std::back_inserter(notes));
  return notes;
}

nlohmann::json snapshot_summary(const Snapshot& snapshot, std::string_view name,
                                std::size_t width) {
  const Metadata& metadata = snapshot.metadata();
  const Totals totals = totals_of(snapshot);
  nlohmann::json summary{{"name", report_text(name, width)},
                         {"limit", snapshot.traceback_limit()},
                         {"size", report_number(totals.size)},
                         {"count", report_number(totals.count)},
                         {"truncated", report_number(totals.truncated)},
                         {"notes", nlohmann::json::array()},
                         {"metadata", nlohmann::json::array()}};
  for (const std::string& note : snapshot_notes(metadata)) {
    summary["notes"].push_back(report_text(note, width));
  }
  for (const auto& [key, value] : metadata) {
    nlohmann::json shown = std::visit(ToJson{width}, value);
    if (is_shown(key, value)) {
      summary[key] = shown;
    }
    summary["metadata"].push_back(
        nlohmann::json::array({report_text(key, width), std::move(shown)}));
  }
  return summary;
}

}  // namespace tmbpf
