// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/profile_dictionary.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "userspace/files/memory_budget.h"
#include "userspace/files/pprof/metadata_comment.h"

namespace tmbpf {
namespace {

constexpr double kSecond = 1e9;  // nanoseconds
constexpr const char* kLimitKey = "traceback_limit";
constexpr FrameId kUnresolved{std::numeric_limits<std::uint32_t>::max()};

}  // namespace

void ProfileDictionary::account(std::uint64_t bytes) {
  constexpr std::uint64_t kEntry = 64;  // of a container, about
  memory_ += bytes + kEntry;
  if (memory_ > memory_budget(stream_.consumed())) {
    stream_.fail("it unpacks to more than a profile of its size does");
  }
}

void ProfileDictionary::add(const pprof::Location& location) {
  const std::size_t begin = lines_.size();
  for (const pprof::Line& line : location.line()) {
    lines_.push_back({.function = line.function_id(), .line = line.line()});
  }
  frames_.resize(lines_.size(), kUnresolved);
  account((lines_.size() - begin) * (sizeof(Line) + sizeof(FrameId)));
  if (!locations_.add(location.id(), Extent{begin, lines_.size() - begin})) {
    stream_.fail(fmt::format("a second location with id {}", location.id()));
  }
}

void ProfileDictionary::add(const pprof::Function& function) {
  account(sizeof(Function));
  if (!functions_.add(function.id(), {.name = function.name(),
                                      .system_name = function.system_name(),
                                      .filename = function.filename()})) {
    stream_.fail(fmt::format("a second function with id {}", function.id()));
  }
}

// Twice: the table of tracebacks keeps it, too.
void ProfileDictionary::add(std::string text) {
  account(2 * text.size());
  strings_.push_back(std::move(text));
}

void ProfileDictionary::add(const pprof::Profile& part) {
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

void ProfileDictionary::end() {
  ended_ = true;
  take_comments();
  if (!ours_ && time_nanos_ != 0) {
    snapshot_.set_metadata("time", static_cast<double>(time_nanos_) / kSecond);
  }
  if (!ours_ && duration_nanos_ != 0) {
    snapshot_.set_metadata("elapsed", static_cast<double>(duration_nanos_) / kSecond);
  }
}

void ProfileDictionary::take_comments() {
  for (; comments_taken_ < comments_.size(); ++comments_taken_) {
    auto metadatum = parse_metadata_comment(string(comments_[comments_taken_]));
    if (!metadatum) {
      continue;
    }
    auto& [key, value] = *metadatum;
    const auto* integer = std::get_if<std::int64_t>(&value);
    if (key == kLimitKey && integer != nullptr) {
      ours_ = true;
      snapshot_.set_traceback_limit(
          static_cast<std::uint32_t>(std::clamp<std::int64_t>(*integer, 1, kMaxFrames)));
    } else {
      snapshot_.set_metadata(key, std::move(value));
    }
  }
}

std::span<const FrameId> ProfileDictionary::frames(std::uint64_t location) {
  const Extent* found = locations_.find(location);
  if (found == nullptr) {
    fail_missing(fmt::format("a sample with location {}, which is not there", location));
  }
  const auto frames = std::span(frames_).subspan(found->begin, found->count);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i] == kUnresolved) {
      frames[i] = frame_of(lines_[found->begin + i]);
    }
  }
  return frames;
}

// Other tools have no name apart from the one that is shown.
FrameId ProfileDictionary::frame_of(const Line& line) {
  Function* function = functions_.find(line.function);
  if (function == nullptr) {
    fail_missing(fmt::format("a location with function {}, which is not there", line.function));
  }
  if (!function->filename_id) {
    function->name_id =
        snapshot_.add_string(string(ours_ ? function->system_name : function->name));
    function->filename_id = snapshot_.add_string(string(function->filename));
  }
  const auto number =
      std::clamp<std::int64_t>(line.line, 0, std::numeric_limits<std::uint32_t>::max());
  return snapshot_.add_frame(*function->filename_id, static_cast<std::uint32_t>(number),
                             function->name_id);
}

std::string_view ProfileDictionary::string(std::int64_t index) const {
  if (index < 0 || static_cast<std::uint64_t>(index) >= strings_.size()) {
    fail_missing(fmt::format("string {}, expected below {}", index, strings_.size()));
  }
  return strings_[static_cast<std::size_t>(index)];
}

int ProfileDictionary::value_index(std::string_view name) const {
  const auto found =
      std::ranges::find_if(types_, [&](std::int64_t type) { return string(type) == name; });
  if (found == types_.end()) {
    fail_missing(fmt::format("no values of type {}: no profile of live memory", name));
  }
  return static_cast<int>(found - types_.begin());
}

void ProfileDictionary::fail_missing(const std::string& what) const {
  if (!ended_) {
    throw NotYet();
  }
  stream_.fail(what);
}

}  // namespace tmbpf
