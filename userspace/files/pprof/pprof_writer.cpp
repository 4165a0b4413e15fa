// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/pprof_writer.h"

#include <fmt/format.h>
#include <profile.pb.h>

#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "userspace/files/gzip_sink.h"
#include "userspace/files/pprof/metadata_comment.h"
#include "userspace/files/pprof/replicates_label.h"
#include "userspace/files/pprof/sample_order.h"
#include "userspace/files/pprof/sizes_label.h"
#include "userspace/model/block_sum.h"

namespace tmbpf {
namespace {

constexpr int kSamplesPerPiece = 1024;
constexpr std::uint64_t kMappingId = 1;

std::optional<std::int64_t> nanoseconds(const Metadata& metadata, const std::string& key) {
  const auto entry = metadata.find(key);
  if (entry == metadata.end()) {
    return std::nullopt;
  }
  if (const auto* whole = std::get_if<std::int64_t>(&entry->second)) {
    return nanoseconds({{key, static_cast<double>(*whole)}}, key);
  }
  const auto* seconds = std::get_if<double>(&entry->second);
  // Beyond 9e9 s the nanoseconds do not fit 64 bits.
  if (seconds == nullptr || !(std::fabs(*seconds) < 9e9)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*seconds * 1e9);
}

class ProfileBuilder {
 public:
  ProfileBuilder(const Snapshot& snapshot, ByteSink& sink)
      : snapshot_(snapshot), table_(snapshot.table()), sink_(sink) {}

  void write();

 private:
  void put_header();
  void put_comment(const std::string& key, const MetadataValue& value);
  void put_samples();
  void put_samples_of(std::span<const std::uint32_t> indices);
  void put_sample(std::span<const Trace> traces);
  void put_text_label(pprof::Sample& sample, std::string_view key, const std::string& text);
  void put_own_labels(pprof::Sample& sample, const Trace& trace);
  static void put_label(pprof::Sample& sample, std::int64_t key, std::uint64_t value,
                        std::int64_t unit = 0);
  void set_value_type(pprof::ValueType& type, std::string_view name, std::string_view unit);
  std::uint64_t location_id(FrameId id);
  std::uint64_t function_id(const Frame& frame);
  std::int64_t string_index(std::string_view text);
  void flush();

  // Indices of the strings that every sample names.
  struct LabelStrings {
    std::int64_t domain = 0;
    std::int64_t size = 0;
    std::int64_t total_nframe = 0;
    std::int64_t bytes = 0;
  };

  const Snapshot& snapshot_;
  const TracebackTable& table_;
  GzipSink sink_;
  // What is not yet in the file: messages written one after the other are one message to a reader,
  // so memory stays bounded. Names come before the samples that use them: a reader needs to go
  // through the file only once.
  pprof::Profile names_;
  pprof::Profile samples_;
  std::string encoded_;
  std::unordered_map<std::string, std::int64_t> strings_;
  LabelStrings labels_;
  std::vector<Trace> traces_;  // those that are put
  std::unordered_map<FrameId, std::uint64_t> locations_;
  std::unordered_map<Frame, std::uint64_t, FrameHash> functions_;
};

void ProfileBuilder::write() {
  put_header();
  put_samples();
  flush();
  sink_.finish();
}

void ProfileBuilder::put_header() {
  string_index("");  // the format wants it first
  labels_ = {.domain = string_index("domain"),
             .size = string_index("size"),
             .total_nframe = string_index("total_nframe"),
             .bytes = string_index("bytes")};
  set_value_type(*names_.add_sample_type(), "inuse_objects", "count");
  set_value_type(*names_.add_sample_type(), "inuse_space", "bytes");
  set_value_type(*names_.mutable_period_type(), "space", "bytes");
  names_.set_period(1);
  names_.set_default_sample_type(string_index("inuse_space"));
  // Without a mapping that says so, pprof looks for a binary to take names from.
  pprof::Mapping& mapping = *names_.add_mapping();
  mapping.set_id(kMappingId);
  mapping.set_filename(string_index("python"));
  mapping.set_has_functions(true);
  mapping.set_has_filenames(true);
  mapping.set_has_line_numbers(true);
  const Metadata& metadata = snapshot_.metadata();
  names_.set_time_nanos(nanoseconds(metadata, "time").value_or(0));
  names_.set_duration_nanos(nanoseconds(metadata, "elapsed").value_or(0));
  put_comment("traceback_limit", std::int64_t{snapshot_.traceback_limit()});
  for (const auto& [key, value] : metadata) {
    put_comment(key, value);
  }
}

void ProfileBuilder::put_comment(const std::string& key, const MetadataValue& value) {
  names_.add_comment(string_index(metadata_comment(key, value)));
}

// By traceback, which a sort of millions of traces would cost more.
void ProfileBuilder::put_samples() {
  const TraceList& traces = snapshot_.traces();
  std::vector<std::size_t> ends(table_.traceback_count() + 1);
  traces.for_each([&ends](std::uint32_t, TracebackId traceback, std::uint64_t, double) {
    ++ends[to_index(traceback) + 1];
  });
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<std::uint32_t> order(traces.size());
  std::uint32_t index = 0;
  traces.for_each([&](std::uint32_t, TracebackId traceback, std::uint64_t, double) {
    order[ends[to_index(traceback)]++] = index++;
  });
  std::size_t begin = 0;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    put_samples_of(std::span(order).subspan(begin, ends[i] - begin));
    begin = ends[i];
  }
}

// Those of one traceback.
void ProfileBuilder::put_samples_of(std::span<const std::uint32_t> indices) {
  traces_.clear();
  for (const std::uint32_t index : indices) {
    traces_.push_back(snapshot_.traces()[index]);
  }
  sort_for_samples(traces_, snapshot_);
  for (std::size_t first = 0; first < traces_.size();) {
    std::size_t last = first + 1;
    while (last < traces_.size() && !is_alone(traces_[last]) &&
           traces_[last].domain == traces_[first].domain) {
      ++last;
    }
    put_sample(std::span(traces_).subspan(first, last - first));
    first = last;
  }
}

// Equal in all but size and weight, by ascending size.
void ProfileBuilder::put_sample(std::span<const Trace> traces) {
  const Trace& one = traces.front();
  const Traceback traceback = table_.traceback(one.traceback);
  pprof::Sample& sample = *samples_.add_sample();
  for (const FrameId frame : traceback.frames) {
    sample.add_location_id(location_id(frame));
  }
  BlockSum sum;
  for (const Trace& trace : traces) {
    sum.add(trace.size, trace.weight);
  }
  sample.add_value(static_cast<std::int64_t>(sum.count()));
  sample.add_value(static_cast<std::int64_t>(sum.size()));
  put_label(sample, labels_.domain, one.domain);
  if (traces.back().size == one.size) {
    put_label(sample, labels_.size, one.size, labels_.bytes);
  } else {
    put_text_label(sample, "sizes", format_sizes(traces));
  }
  put_label(sample, labels_.total_nframe, traceback.total_nframe);
  put_own_labels(sample, one);
  if (samples_.sample_size() >= kSamplesPerPiece) {
    flush();
  }
}

// What most traces do not have.
void ProfileBuilder::put_own_labels(pprof::Sample& sample, const Trace& trace) {
  if (trace.time != 0) {
    put_label(sample, string_index("time"), static_cast<std::uint64_t>(trace.time),
              string_index("nanoseconds"));
  }
  if (trace.address != 0) {
    put_label(sample, string_index("address"), trace.address);
  }
  if (!is_whole(trace.weight)) {
    put_text_label(sample, "weight", fmt::to_string(trace.weight));
  }
  if (trace.replicates != 0) {
    put_text_label(sample, "replicates", format_replicates(snapshot_.replicates(trace.replicates)));
  }
}

void ProfileBuilder::put_text_label(pprof::Sample& sample, std::string_view key,
                                    const std::string& text) {
  pprof::Label& label = *sample.add_label();
  label.set_key(string_index(key));
  label.set_str(string_index(text));
}

void ProfileBuilder::put_label(pprof::Sample& sample, std::int64_t key, std::uint64_t value,
                               std::int64_t unit) {
  pprof::Label& label = *sample.add_label();
  label.set_key(key);
  label.set_num(static_cast<std::int64_t>(value));
  label.set_num_unit(unit);
}

void ProfileBuilder::set_value_type(pprof::ValueType& type, std::string_view name,
                                    std::string_view unit) {
  type.set_type(string_index(name));
  type.set_unit(string_index(unit));
}

std::uint64_t ProfileBuilder::location_id(FrameId id) {
  const auto [entry, added] = locations_.try_emplace(id, locations_.size() + 1);
  if (added) {
    const Frame frame = table_.frame(id);
    pprof::Location& location = *names_.add_location();
    location.set_id(entry->second);
    location.set_mapping_id(kMappingId);
    pprof::Line& line = *location.add_line();
    line.set_function_id(function_id(frame));
    line.set_line(frame.lineno);
  }
  return entry->second;
}

std::uint64_t ProfileBuilder::function_id(const Frame& frame) {
  const Frame key{.filename = frame.filename, .function = frame.function};
  const auto [entry, added] = functions_.try_emplace(key, functions_.size() + 1);
  if (added) {
    const std::string_view filename = table_.string(frame.filename);
    const std::string_view name = table_.string(frame.function);
    pprof::Function& function = *names_.add_function();
    function.set_id(entry->second);
    function.set_name(string_index(name.empty() ? filename : name));
    function.set_system_name(string_index(name));
    function.set_filename(string_index(filename));
  }
  return entry->second;
}

std::int64_t ProfileBuilder::string_index(std::string_view text) {
  const auto next = static_cast<std::int64_t>(strings_.size());
  const auto [entry, added] = strings_.try_emplace(std::string(text), next);
  if (added) {
    names_.add_string_table(entry->first);
  }
  return entry->second;
}

void ProfileBuilder::flush() {
  encoded_.clear();
  names_.AppendToString(&encoded_);
  samples_.AppendToString(&encoded_);
  sink_.write(encoded_);
  names_.Clear();
  samples_.Clear();
}

}  // namespace

void write_pprof(const Snapshot& snapshot, ByteSink& sink) {
  ProfileBuilder(snapshot, sink).write();
}

}  // namespace tmbpf
