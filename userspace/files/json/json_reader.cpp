// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_reader.h"

#include <fmt/format.h>

#include <utility>

#include "userspace/files/json/json_events.h"
#include "userspace/files/json/json_layout.h"
#include "userspace/files/json/json_metadata.h"
#include "userspace/files/json/json_place.h"
#include "userspace/files/json/json_rows.h"

namespace tmbpf {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

class SnapshotBuilder final : public JsonEvents::Visitor {
 public:
  SnapshotBuilder(const JsonEvents& events, Snapshot& snapshot)
      : events_(events),
        snapshot_(snapshot),
        metadata_(events, snapshot),
        rows_(events, snapshot) {}

  void on_value(JsonValue value) override;
  void on_object() override;
  void on_array() override;
  void on_key(std::string key) override;
  void on_end() override;

 private:
  using Place = JsonPlace;

  [[nodiscard]] std::string expected() const;
  [[nodiscard]] std::string expected_in_document() const;
  [[nodiscard]] bool is_left_out(const std::string& next) const;
  void begin_list();
  void begin_row();
  void begin_parts(Place place) {
    place_ = place;
    parts_.clear();
  }
  void take_header(const JsonValue& value);

  const JsonEvents& events_;
  Snapshot& snapshot_;
  JsonMetadata metadata_;
  JsonRows rows_;
  Place place_ = Place::before;
  std::size_t keys_ = 0;  // of the document
  std::string key_;       // the last of them
  std::string parts_;     // put together
};

// Where a value, object or array may begin.
std::string SnapshotBuilder::expected() const {
  return place_ == Place::document ? expected_in_document() : expected_at(place_);
}

// For a value behind the key.
std::string SnapshotBuilder::expected_in_document() const {
  if (key_ == kJsonFormat) {
    return fmt::format("\"{}\"", kJsonFormatName);
  }
  if (key_ == kJsonVersion) {
    return fmt::format("{}, the version that this tmbpf knows", kJsonFormatVersion);
  }
  if (key_ == kJsonLimit) {
    return fmt::format("a number of frames, 1 to {}", kMaxFrames);
  }
  return fmt::format("the {}: an {}", key_, key_ == kJsonMetadata ? "object" : "array");
}

void SnapshotBuilder::on_object() {
  if (place_ == Place::before) {
    place_ = Place::document;
  } else if (place_ == Place::document && key_ == kJsonMetadata) {
    place_ = Place::metadata;
  } else if (place_ == Place::metadata) {
    metadata_.begin_real();
    place_ = Place::metadata_real;
  } else {
    events_.refuse("an object", expected());
  }
}

void SnapshotBuilder::on_array() {
  if (place_ == Place::document) {
    begin_list();
  } else if (place_ == Place::metadata) {
    begin_parts(Place::metadata_parts);
  } else if (place_ == Place::frame && rows_.at_name()) {
    begin_parts(Place::frame_parts);
  } else if (place_ == Place::traceback && rows_.at_stack()) {
    place_ = Place::stack;
  } else {
    begin_row();
  }
}

void SnapshotBuilder::begin_list() {
  if (key_ == kJsonFrames) {
    place_ = Place::frames;
  } else if (key_ == kJsonTracebacks) {
    place_ = Place::tracebacks;
  } else if (key_ == kJsonReplicates) {
    place_ = Place::replicates;
  } else if (key_ == kJsonTraces) {
    place_ = Place::traces;
  } else {
    events_.refuse("an array", expected());
  }
}

void SnapshotBuilder::begin_row() {
  if (place_ == Place::frames) {
    rows_.begin_frame();
    place_ = Place::frame;
  } else if (place_ == Place::tracebacks) {
    rows_.begin_traceback();
    place_ = Place::traceback;
  } else if (place_ == Place::replicates) {
    rows_.begin_replicates();
    place_ = Place::replicates_row;
  } else if (place_ == Place::traces) {
    rows_.begin_trace();
    place_ = Place::trace;
  } else {
    events_.refuse("an array", expected());
  }
}

void SnapshotBuilder::on_key(std::string key) {
  if (place_ == Place::metadata_real) {
    metadata_.take_real_key(key);
  } else if (place_ == Place::metadata) {
    metadata_.take_key(std::move(key));
  } else {
    if (keys_ == kJsonKeys.size()) {
      events_.refuse(key_description(key), "the end of the object");
    }
    keys_ += is_left_out(key) ? 1 : 0;
    if (key != kJsonKeys[keys_]) {
      events_.refuse(key_description(key), fmt::format("\"{}\"", kJsonKeys[keys_]));
    }
    ++keys_;
    key_ = std::move(key);
  }
}

// Whether the next of the keys may be missing, and is.
bool SnapshotBuilder::is_left_out(const std::string& next) const {
  return kJsonKeys[keys_] == kJsonReplicates && next != kJsonReplicates;
}

void SnapshotBuilder::on_value(JsonValue value) {
  switch (place_) {
    case Place::document:
      return take_header(value);
    case Place::metadata:
      return metadata_.take_value(value);
    case Place::metadata_real:
      return metadata_.take_real(value);
    case Place::metadata_parts:
    case Place::frame_parts:
      parts_ += events_.text(value, expected());
      return;
    case Place::frame:
      return rows_.take_frame_item(value);
    case Place::traceback:
      return rows_.take_traceback_item(value);
    case Place::stack:
      return rows_.take_stack_item(value);
    case Place::replicates_row:
      return rows_.take_replicate(value);
    case Place::trace:
      return rows_.take_trace_item(value);
    default:
      events_.refuse(description(value), expected());
  }
}

void SnapshotBuilder::on_end() {
  switch (place_) {
    case Place::document:
      if (keys_ != kJsonKeys.size()) {
        keys_ += is_left_out({}) ? 1 : 0;
        events_.refuse_end("the object", fmt::format("\"{}\"", kJsonKeys[keys_]));
      }
      break;
    case Place::metadata_real:
      metadata_.end_real();
      break;
    case Place::metadata_parts:
      metadata_.take_text(parts_);
      break;
    case Place::frame_parts:
      rows_.take_frame_item(parts_);
      break;
    case Place::frame:
      rows_.end_frame();
      break;
    case Place::stack:
      rows_.end_stack();
      break;
    case Place::traceback:
      rows_.end_traceback();
      break;
    case Place::replicates_row:
      rows_.end_replicates();
      break;
    case Place::trace:
      rows_.end_trace();
      break;
    default:
      break;
  }
  place_ = around(place_);
}

void SnapshotBuilder::take_header(const JsonValue& value) {
  if ((key_ == kJsonFormat && value == JsonValue(std::string(kJsonFormatName))) ||
      (key_ == kJsonVersion && value == JsonValue(kJsonFormatVersion))) {
    return;
  }
  if (key_ != kJsonLimit) {
    events_.refuse(description(value), expected());
  }
  snapshot_.set_traceback_limit(
      static_cast<std::uint32_t>(events_.whole(value, 1, kMaxFrames, "a number of frames")));
}

}  // namespace

bool is_json(std::string_view first_bytes) {
  if (first_bytes.starts_with(kByteOrderMark)) {
    first_bytes.remove_prefix(kByteOrderMark.size());
  }
  const std::size_t first = first_bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && first_bytes[first] == '{';
}

Snapshot read_json(ByteSource& source, std::shared_ptr<TracebackTable> table) {
  JsonEvents events(source);
  Snapshot snapshot(std::move(table));
  SnapshotBuilder builder(events, snapshot);
  events.visit(builder);
  return snapshot;
}

}  // namespace tmbpf
