// SPDX-License-Identifier: Apache-2.0
// Filters asked about one traceback at a time, as a tracer meets them: what filter_traces() decides
// for a whole snapshot.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/model/file_pattern.h"
#include "userspace/model/filter.h"

namespace tmbpf {

struct NamedFrame {
  std::string_view filename;  // WTF-8
  std::uint32_t lineno = 0;
};

// Remembers file names: there are few of them.
class TracebackFilter {
 public:
  explicit TracebackFilter(std::span<const TraceFilter> filters);

  // Whether filter_traces() keeps a trace of this domain with these frames, of which there is at
  // least one.
  bool keeps(std::uint32_t domain, std::span<const NamedFrame> most_recent_first);

  // Whether it keeps none whose most recent frame is in this file, whatever its line and callers.
  bool drops_file(std::uint32_t domain, std::string_view filename);

 private:
  struct Rule {
    Filter filter;  // of a DomainFilter: its domain, and a pattern that fits all
    FilePattern pattern;
    std::unordered_map<std::string, bool> names;

    bool has_domain(std::uint32_t domain) const {
      return !filter.domain || *filter.domain == domain;
    }
    bool fits(std::string_view filename);
    bool fits(const NamedFrame& frame);
    bool matches(std::uint32_t domain, std::span<const NamedFrame> frames);
  };

  std::vector<Rule> including_;
  std::vector<Rule> excluding_;
};

}  // namespace tmbpf
