// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/profile_dictionary.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "userspace/files/memory_budget.h"
#include "userspace/files/pprof/metadata_comment.h"

namespace tmbpf {
namespace {

constexpr double kSecond = 1e9;  // nanoseconds
constexpr const char* kLimitKey = "traceback_limit";

}  // namespace

void ProfileDictionary::account(std::uint64_t bytes) {
  constexpr std::uint64_t kEntry = 64;  // of a container, about
  memory_ += bytes + kEntry;
  if (memory_ > memory_budget(stream_.consumed())) {
    stream_.fail("it unpacks to more than a profile of its size does");
  }
}

void ProfileDictionary::on_sample(const pprof::Sample& /*sample*/) {}

void ProfileDictionary::on_location(const pprof::Location& location) {
  const std::size_t begin = lines_.size();
  for (const pprof::Line& line : location.line()) {
    lines_.push_back({.function = line.function_id(), .line = line.line()});
  }
  account((lines_.size() - begin) * (sizeof(Line) + sizeof(FrameId)));
  if (!locations_.try_emplace(location.id(), Extent{begin, lines_.size() - begin}).second) {
    stream_.fail(fmt::format("a second location with id {}", location.id()));
  }
}

void ProfileDictionary::on_function(const pprof::Function& function) {
  account(sizeof(Function));
  const Function entry{.name = function.name(),
                       .system_name = function.system_name(),
                       .filename = function.filename()};
  if (!functions_.try_emplace(function.id(), entry).second) {
    stream_.fail(fmt::format("a second function with id {}", function.id()));
  }
}

// Twice: the table of tracebacks keeps it, too.
void ProfileDictionary::on_string(std::string text) {
  account(2 * text.size());
  strings_.push_back(std::move(text));
}

void ProfileDictionary::on_rest(const pprof::Profile& part) {
  for (const std::int64_t comment : part.comment()) {
    account(sizeof(comment));
    comments_.push_back(comment);
  }
  for (const pprof::ValueType& type : part.sample_type()) {
    account(sizeof(std::int64_t));
    types_.push_back(type.type());
  }
  time_nanos_ = part.time_nanos() != 0 ? part.time_nanos() : time_nanos_;
  duration_nanos_ = part.duration_nanos() != 0 ? part.duration_nanos() : duration_nanos_;
}

void ProfileDictionary::resolve(Snapshot& snapshot) {
  take_comments(snapshot);
  if (!ours_ && time_nanos_ != 0) {
    snapshot.set_metadata("time", static_cast<double>(time_nanos_) / kSecond);
  }
  if (!ours_ && duration_nanos_ != 0) {
    snapshot.set_metadata("elapsed", static_cast<double>(duration_nanos_) / kSecond);
  }
  frames_.reserve(lines_.size());
  for (const Line& line : lines_) {
    frames_.push_back(frame_of(line, snapshot));
  }
}

void ProfileDictionary::take_comments(Snapshot& snapshot) {
  for (const std::int64_t comment : comments_) {
    auto metadatum = parse_metadata_comment(string(comment));
    if (!metadatum) {
      continue;
    }
    auto& [key, value] = *metadatum;
    const auto* integer = std::get_if<std::int64_t>(&value);
    if (key == kLimitKey && integer != nullptr) {
      ours_ = true;
      snapshot.set_traceback_limit(
          static_cast<std::uint32_t>(std::clamp<std::int64_t>(*integer, 1, kMaxFrames)));
    } else {
      snapshot.set_metadata(key, std::move(value));
    }
  }
}

// Other tools have no name apart from the one that is shown.
FrameId ProfileDictionary::frame_of(const Line& line, Snapshot& snapshot) const {
  const auto found = functions_.find(line.function);
  if (found == functions_.end()) {
    stream_.fail(fmt::format("a location with function {}, which is not there", line.function));
  }
  const Function& function = found->second;
  const auto number =
      std::clamp<std::int64_t>(line.line, 0, std::numeric_limits<std::uint32_t>::max());
  return snapshot.add_frame(
      snapshot.add_string(string(function.filename)), static_cast<std::uint32_t>(number),
      snapshot.add_string(string(ours_ ? function.system_name : function.name)));
}

std::span<const FrameId> ProfileDictionary::frames(std::uint64_t location) const {
  const auto found = locations_.find(location);
  if (found == locations_.end()) {
    stream_.fail(fmt::format("a sample with location {}, which is not there", location));
  }
  return std::span(frames_).subspan(found->second.begin, found->second.count);
}

std::string_view ProfileDictionary::string(std::int64_t index) const {
  if (index < 0 || static_cast<std::uint64_t>(index) >= strings_.size()) {
    stream_.fail(fmt::format("string {}, expected below {}", index, strings_.size()));
  }
  return strings_[static_cast<std::size_t>(index)];
}

std::optional<int> ProfileDictionary::value_index(std::string_view name) const {
  const auto found =
      std::ranges::find_if(types_, [&](std::int64_t type) { return string(type) == name; });
  return found == types_.end() ? std::nullopt
                               : std::optional(static_cast<int>(found - types_.begin()));
}

}  // namespace tmbpf
