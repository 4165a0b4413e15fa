// SPDX-License-Identifier: Apache-2.0
// What the samples of a pprof profile refer to by number: strings, functions, locations; and what
// it says about itself. They may come before the samples, as tmbpf writes them, or after, as most
// others do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/files/pprof/id_map.h"
#include "userspace/files/pprof/profile_stream.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

class ProfileDictionary {
 public:
  // Thrown for a number whose meaning may still come.
  struct NotYet {};

  // Both must outlive this. The snapshot gets the frames, the limit and the metadata.
  ProfileDictionary(ProfileStream& stream, Snapshot& snapshot)
      : stream_(stream), snapshot_(snapshot) {}

  // These throw Error for what is damaged or too much.
  void add(const pprof::Location& location);
  void add(const pprof::Function& function);
  void add(std::string text);
  void add(const pprof::Profile& part);

  // Takes what the comments so far say; to be called before the first frames().
  void take_comments();
  // Nothing more will come: from now on what is missing is an Error.
  void end();

  // The frames of a location, innermost first, until the next add(). Throws NotYet or Error when it
  // leads nowhere, as all below.
  [[nodiscard]] std::span<const FrameId> frames(std::uint64_t location);
  [[nodiscard]] std::string_view string(std::int64_t index) const;
  // Which of a sample's values has this name.
  [[nodiscard]] int value_index(std::string_view name) const;
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
    // Once asked for:
    std::optional<StringId> filename_id;
    StringId name_id = kEmptyString;
  };
  struct Extent {
    std::size_t begin = 0;  // in lines_ and frames_
    std::size_t count = 0;
  };

  void account(std::uint64_t bytes);
  FrameId frame_of(const Line& line);
  [[noreturn]] void fail_missing(const std::string& what) const;

  ProfileStream& stream_;
  Snapshot& snapshot_;
  std::deque<std::string> strings_;
  IdMap<Function> functions_;
  IdMap<Extent> locations_;
  std::vector<Line> lines_;
  std::vector<FrameId> frames_;  // kUnresolved until asked for
  std::vector<std::int64_t> comments_;
  std::size_t comments_taken_ = 0;
  std::vector<std::int64_t> types_;  // names of the sample types
  std::int64_t time_nanos_ = 0;
  std::int64_t duration_nanos_ = 0;
  bool ours_ = false;
  bool ended_ = false;
  std::uint64_t memory_ = 0;
};

}  // namespace tmbpf
