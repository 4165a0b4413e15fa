// SPDX-License-Identifier: Apache-2.0
// When the next snapshot of a process is due.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tmbpf {

// What makes a snapshot due; whichever comes first.
struct RecordRule {
  std::optional<std::chrono::steady_clock::duration> interval;  // since the last, above 0
  std::optional<std::uint64_t> threshold;  // bytes that traced memory grew by since the last
};

class RecordSchedule {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `traced`: bytes that are already traced at the beginning.
  RecordSchedule(const RecordRule& rule, Time begin, std::uint64_t traced);

  [[nodiscard]] bool due(Time now, std::uint64_t traced) const;
  // A snapshot has been tried; traced memory was `traced` when it was read. One that the interval
  // made due does not shift the beat, beats that are over by now are left out; any other begins the
  // interval anew.
  void taken(Time now, std::uint64_t traced);
  // When the interval makes the next due; Time::max() without one.
  [[nodiscard]] Time next() const { return next_; }

 private:
  RecordRule rule_;
  Time next_;
  std::uint64_t traced_;  // at the last snapshot
};

}  // namespace tmbpf
