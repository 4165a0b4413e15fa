// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/filter.h"

#include <algorithm>
#include <vector>

#include "userspace/model/file_pattern.h"

namespace tmbpf {
namespace {

enum class Verdict : std::uint8_t { unknown, no, yes };

// Whether a filter's frames match, kept by string and by traceback: millions of traces share them.
class FrameMatch {
 public:
  FrameMatch(const Filter& filter, const TracebackTable& table)
      : filter_(filter),
        table_(table),
        pattern_(normalized_filename(filter.filename_pattern)),
        names_(table.string_count()),
        tracebacks_(table.traceback_count()) {}

  bool matches(TracebackId traceback) {
    return remembered(tracebacks_[to_index(traceback)], [&] {
      const auto frames = table_.traceback(traceback).frames;
      return std::ranges::any_of(filter_.all_frames ? frames : frames.first(1),
                                 [this](FrameId id) { return matches(table_.frame(id)); });
    });
  }

 private:
  template <typename Look>
  static bool remembered(Verdict& verdict, Look look) {
    if (verdict == Verdict::unknown) {
      verdict = look() ? Verdict::yes : Verdict::no;
    }
    return verdict == Verdict::yes;
  }

  bool matches(const Frame& frame) {
    const bool name = remembered(names_[to_index(frame.filename)], [&] {
      return pattern_.matches(normalized_filename(std::string(table_.string(frame.filename))));
    });
    return name && (!filter_.lineno || *filter_.lineno == frame.lineno);
  }

  const Filter& filter_;
  const TracebackTable& table_;
  FilePattern pattern_;
  std::vector<Verdict> names_;
  std::vector<Verdict> tracebacks_;
};

class Keeper {
 public:
  Keeper(const TraceFilter& filter, const TracebackTable& table) {
    if (const auto* domain = std::get_if<DomainFilter>(&filter)) {
      inclusive_ = domain->inclusive;
      domain_ = domain->domain;
    } else {
      const auto& frames = std::get<Filter>(filter);
      inclusive_ = frames.inclusive;
      domain_ = frames.domain;
      match_.emplace(frames, table);
    }
  }

  [[nodiscard]] bool inclusive() const { return inclusive_; }

  bool keeps(const Trace& trace) {
    const bool same_domain = !domain_ || trace.domain == *domain_;
    const bool matches = same_domain && (!match_ || match_->matches(trace.traceback));
    return matches == inclusive_;
  }

 private:
  bool inclusive_ = true;
  std::optional<std::uint32_t> domain_;
  std::optional<FrameMatch> match_;
};

}  // namespace

std::string normalized_filename(std::string filename) {
  if (filename.ends_with(".pyc")) {
    filename.pop_back();
  }
  return filename;
}

Snapshot filter_traces(const Snapshot& snapshot, std::span<const TraceFilter> filters) {
  std::vector<Keeper> including;
  std::vector<Keeper> excluding;
  for (const TraceFilter& filter : filters) {
    Keeper keeper(filter, snapshot.table());
    (keeper.inclusive() ? including : excluding).push_back(std::move(keeper));
  }
  Snapshot result = snapshot.without_traces();
  const auto keeps = [](const Trace& trace) {
    return [&trace](Keeper& keeper) { return keeper.keeps(trace); };
  };
  for (const Trace& trace : snapshot.traces()) {
    if ((including.empty() || std::ranges::any_of(including, keeps(trace))) &&
        std::ranges::all_of(excluding, keeps(trace))) {
      result.add_trace(trace);
    }
  }
  return result;
}

}  // namespace tmbpf
