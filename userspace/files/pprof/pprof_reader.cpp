// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/pprof_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "userspace/files/memory_budget.h"
#include "userspace/files/pprof/profile_dictionary.h"
#include "userspace/files/pprof/profile_stream.h"
#include "userspace/files/pprof/replicates_label.h"
#include "userspace/files/pprof/sizes_label.h"

namespace tmbpf {
namespace {

constexpr TracebackId kNoTraceback{std::numeric_limits<std::uint32_t>::max()};

class ProfileReader final : public ProfileStream::Visitor {
 public:
  ProfileReader(ByteSource& source, std::shared_ptr<TracebackTable> table, const ReadScope& scope)
      : stream_(source),
        snapshot_(std::move(table)),
        dictionary_(stream_, snapshot_),
        scope_(scope) {}

  // Once through the file when what the samples name comes before them, twice otherwise.
  Snapshot read() {
    stream_.visit(*this);
    first_time_ = false;
    dictionary_.end();
    find_values();
    if (deferred_) {
      seen_ = 0;
      stream_.visit(*this);
    }
    return std::move(snapshot_);
  }

  void on_location(const pprof::Location& location) override { dictionary_.add(location); }
  void on_function(const pprof::Function& function) override { dictionary_.add(function); }
  void on_string(std::string text) override { dictionary_.add(std::move(text)); }
  void on_rest(const pprof::Profile& part) override { dictionary_.add(part); }
  [[nodiscard]] bool wants_samples() const override { return !first_time_ || !deferred_; }
  [[nodiscard]] bool wants_others() const override { return first_time_; }

  void on_sample(const pprof::Sample& sample) override {
    ++seen_;
    if (seen_ <= placed_) {
      return;
    }
    try {
      find_values();
      place(sample);
      placed_ = seen_;
    } catch (const ProfileDictionary::NotYet&) {
      deferred_ = true;
    }
  }

 private:
  void find_values() {
    if (!objects_ || !bytes_) {
      dictionary_.take_comments();
      objects_ = dictionary_.value_index("inuse_objects");
      bytes_ = dictionary_.value_index("inuse_space");
    }
  }

  // Looks everything up before it adds a trace.
  void place(const pprof::Sample& sample) {
    const Labels labels = labels_of(sample);
    const Trace trace{.domain = labels.domain,
                      .traceback = add_traceback(sample, labels.total_nframe),
                      .size = 0,
                      .weight = 1,
                      .time = labels.time,
                      .address = labels.address,
                      .replicates = labels.replicates};
    const std::int64_t objects = value(sample, *objects_);
    const std::int64_t bytes = value(sample, *bytes_);
    const bool estimate = labels.size && labels.weight;  // its values are rounded
    if (!estimate && (objects < 0 || bytes < 0 || (objects == 0 && bytes != 0))) {
      stream_.fail(fmt::format("a sample of {} blocks with {} bytes", objects, bytes));
    }
    if (labels.sizes) {
      for (const auto& [size, count] : *labels.sizes) {
        add(trace, size, count);
      }
    } else if (labels.size) {
      add(trace, *labels.size, labels.weight.value_or(static_cast<double>(objects)));
    } else if (objects != 0) {
      const std::int64_t larger = bytes % objects;
      add(trace, static_cast<std::uint64_t>(bytes / objects) + 1, static_cast<double>(larger));
      add(trace, static_cast<std::uint64_t>(bytes / objects),
          static_cast<double>(objects - larger));
    }
  }

  struct Labels {
    std::uint32_t domain = 0;
    std::optional<std::uint64_t> size;
    std::optional<std::vector<std::pair<std::uint64_t, double>>> sizes;
    std::uint32_t total_nframe = 0;
    std::optional<double> weight;
    std::int64_t time = 0;
    std::uint64_t address = 0;
    std::uint32_t replicates = 0;
  };

  [[nodiscard]] std::int64_t value(const pprof::Sample& sample, int index) const {
    if (index >= sample.value_size()) {
      stream_.fail(fmt::format("a sample with {} values, expected more", sample.value_size()));
    }
    return sample.value(index);
  }

  [[nodiscard]] Labels labels_of(const pprof::Sample& sample) {
    Labels labels;
    for (const pprof::Label& label : sample.label()) {
      const std::string_view key = dictionary_.string(label.key());
      if (key == "domain") {
        labels.domain = static_cast<std::uint32_t>(label.num());
      } else if (key == "size") {
        labels.size = static_cast<std::uint64_t>(label.num());
      } else if (key == "total_nframe") {
        labels.total_nframe = static_cast<std::uint32_t>(label.num());
      } else if (key == "time") {
        labels.time = label.num();
      } else if (key == "address") {
        labels.address = static_cast<std::uint64_t>(label.num());
      } else if (key == "sizes" && scope_.sizes) {
        labels.sizes = parse_sizes(dictionary_.string(label.str()));
        if (!labels.sizes) {
          stream_.fail("sizes of blocks that are no numbers");
        }
      } else if (key == "weight") {
        labels.weight = weight_of(dictionary_.string(label.str()));
      } else if (key == "replicates") {
        labels.replicates = replicates_of(label.str());
      }
    }
    return labels;
  }

  [[nodiscard]] double weight_of(std::string_view text) const {
    double weight = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(weight) ||
        weight <= 0) {
      stream_.fail("a weight that is no number above 0");
    }
    return weight;
  }

  // One text stands for many samples.
  std::uint32_t replicates_of(std::int64_t text) {
    const auto known = replicates_.find(text);
    if (known != replicates_.end()) {
      return known->second;
    }
    const auto replicates = parse_replicates(dictionary_.string(text));
    if (!replicates) {
      stream_.fail(fmt::format("replicates that are not {} numbers from 0 up", kReplicates));
    }
    constexpr std::uint64_t kEntry = 200;  // in the snapshot's table and here
    account(kEntry);
    return replicates_[text] = snapshot_.add_replicates(*replicates);
  }

  // A traceback often has several samples.
  TracebackId add_traceback(const pprof::Sample& sample, std::uint32_t total_nframe) {
    frames_.clear();
    for (const std::uint64_t location : sample.location_id()) {
      if (frames_.size() >= scope_.frames) {
        break;
      }
      const auto frames = dictionary_.frames(location);
      frames_.insert(frames_.end(), frames.begin(), frames.end());
    }
    if (scope_.frames == 1 && !frames_.empty()) {
      return add_single(frames_.front());
    }
    frames_.resize(std::min<std::size_t>(frames_.size(), scope_.frames));
    const std::size_t before = snapshot_.table().traceback_count();
    return account_new(before, snapshot_.add_traceback(frames_, total_nframe));
  }

  // What lies below is not looked at, so its number is not either.
  TracebackId add_single(FrameId frame) {
    const std::size_t index = to_index(frame);
    if (index >= singles_.size()) {
      singles_.resize(std::max(index + 1, snapshot_.table().frame_count()), kNoTraceback);
    }
    if (singles_[index] == kNoTraceback) {
      const std::size_t before = snapshot_.table().traceback_count();
      singles_[index] = account_new(before, snapshot_.add_traceback(std::span(&frame, 1), 1));
    }
    return singles_[index];
  }

  // `before`: how many tracebacks there were.
  TracebackId account_new(std::size_t before, TracebackId traceback) {
    if (snapshot_.table().traceback_count() != before) {
      constexpr std::uint64_t kEntry = 80;  // in the table's index
      account(kEntry + frames_.size() * sizeof(FrameId));
    }
    return traceback;
  }

  void add(Trace trace, std::uint64_t size, double weight) {
    if (weight == 0) {
      return;
    }
    trace.size = size;
    trace.weight = weight;
    snapshot_.add_trace(trace);
    constexpr std::uint64_t kRow = 40;
    account(kRow);
  }

  void account(std::uint64_t bytes) {
    memory_ += bytes;
    if (memory_ + dictionary_.memory() > memory_budget(stream_.consumed())) {
      stream_.fail("it unpacks to more than a profile of its size does");
    }
  }

  ProfileStream stream_;
  Snapshot snapshot_;
  ProfileDictionary dictionary_;
  const ReadScope& scope_;
  std::optional<int> objects_;  // which of a sample's values
  std::optional<int> bytes_;
  std::vector<FrameId> frames_;
  std::unordered_map<std::int64_t, std::uint32_t> replicates_;  // by the number of their text
  std::vector<TracebackId> singles_;  // by FrameId, of one frame alone; kNoTraceback: not yet
  bool first_time_ = true;            // through the file
  bool deferred_ = false;             // to the second time: the samples from some one on
  std::uint64_t seen_ = 0;            // samples, this time
  std::uint64_t placed_ = 0;          // samples, in all
  std::uint64_t memory_ = 0;
};

}  // namespace

bool is_gzip(std::string_view first_bytes) { return first_bytes.starts_with("\x1f\x8b"); }

Snapshot read_pprof(ByteSource& source, std::shared_ptr<TracebackTable> table,
                    const ReadScope& scope) {
  return ProfileReader(source, std::move(table), scope).read();
}

}  // namespace tmbpf
