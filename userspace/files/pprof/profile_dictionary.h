// SPDX-License-Identifier: Apache-2.0
// What the samples of a pprof profile refer to by number: strings, functions, locations; and what
// it says about itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "userspace/files/pprof/profile_stream.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

class ProfileDictionary final : public ProfileStream::Visitor {
 public:
  // `stream` must outlive this.
  explicit ProfileDictionary(ProfileStream& stream) : stream_(stream) {}

  void on_sample(const pprof::Sample& sample) override;
  void on_location(const pprof::Location& location) override;
  void on_function(const pprof::Function& function) override;
  void on_string(std::string text) override;
  [[nodiscard]] bool wants_samples() const override { return false; }
  void on_rest(const pprof::Profile& part) override;

  // When all is read: gives the snapshot the frames, the limit and the metadata. Throws Error for
  // numbers that lead nowhere.
  void resolve(Snapshot& snapshot);

  // After resolve(). The frames of a location, innermost first; throws Error when it has none.
  [[nodiscard]] std::span<const FrameId> frames(std::uint64_t location) const;
  [[nodiscard]] std::string_view string(std::int64_t index) const;
  // Which of a sample's values has this unit and name; nothing when none has.
  [[nodiscard]] std::optional<int> value_index(std::string_view name) const;
  // Bytes taken so far, about.
  [[nodiscard]] std::uint64_t memory() const { return memory_; }

 private:
  struct Line {
    std::uint64_t function = 0;
    std::int64_t line = 0;
  };
  struct Function {
    std::int64_t name = 0;
    std::int64_t system_name = 0;
    std::int64_t filename = 0;
  };
  struct Extent {
    std::size_t begin = 0;
    std::size_t count = 0;
  };

  void account(std::uint64_t bytes);
  void take_comments(Snapshot& snapshot);
  FrameId frame_of(const Line& line, Snapshot& snapshot) const;

  ProfileStream& stream_;
  std::deque<std::string> strings_;
  std::unordered_map<std::uint64_t, Function> functions_;
  std::unordered_map<std::uint64_t, Extent> locations_;  // in lines_, later frames_
  std::vector<Line> lines_;
  std::vector<FrameId> frames_;
  std::vector<std::int64_t> comments_;
  std::vector<std::int64_t> types_;  // names of the sample types
  std::int64_t time_nanos_ = 0;
  std::int64_t duration_nanos_ = 0;
  bool ours_ = false;
  std::uint64_t memory_ = 0;
};

}  // namespace tmbpf
