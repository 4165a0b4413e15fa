// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/files/json/json_layout.h"
#include "userspace/files/text_buffer.h"
#include "userspace/files/used_tracebacks.h"
#include "userspace/model/json_text.h"
#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

// In UTF-8, surrogates begin with 0xed; the high ones have 0xa0 to 0xaf next, the low ones more.
bool ends_with_high_surrogate(std::string_view text) {
  return text.size() >= 3 && text[text.size() - 3] == '\xed' &&
         (static_cast<unsigned char>(text[text.size() - 2]) & 0xf0U) == 0xa0;
}

bool begins_with_low_surrogate(std::string_view text) {
  return text.size() >= 3 && text[0] == '\xed' && static_cast<unsigned char>(text[1]) >= 0xb0;
}

// The text or, where JSON would join two surrogates, its parts.
std::string text_json(std::string_view bytes) {
  const std::string valid = to_wtf8(bytes);
  std::string_view text = valid;
  std::string parts;
  for (std::size_t at = text.find('\xed'); at != std::string_view::npos;
       at = text.find('\xed', at + 1)) {
    if (begins_with_low_surrogate(text.substr(at)) &&
        ends_with_high_surrogate(text.substr(0, at))) {
      parts += json_string(text.substr(0, at)) + ", ";
      text.remove_prefix(at);
      at = 0;
    }
  }
  return parts.empty() ? json_string(text) : fmt::format("[{}{}]", parts, json_string(text));
}

std::string metadatum_json(const MetadataValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return fmt::to_string(*integer);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return text_json(*text);
  }
  const double real = std::get<double>(value);
  if (!std::isfinite(real)) {
    const std::string_view name = std::isnan(real) ? "nan" : (real < 0 ? "-inf" : "inf");
    return fmt::format(R"({{"{}": "{}"}})", kJsonReal, name);
  }
  const std::string digits = fmt::to_string(real);
  return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
}

class JsonBuilder {
 public:
  JsonBuilder(const Snapshot& snapshot, ByteSink& sink)
      : snapshot_(snapshot), table_(snapshot.table()), used_(snapshot), text_(sink) {}

  void write();

 private:
  void put_header();
  void put_frames();
  void put_tracebacks();
  void put_replicates();
  void put_traces();
  void put_trace(const Trace& trace);
  // Before each row of a list.
  void begin_row() {
    text_.put(first_ ? "\n[" : ",\n[");
    first_ = false;
  }
  void begin_list(std::string_view key) {
    text_.print(",\n\"{}\": [", key);
    first_ = true;
  }

  const Snapshot& snapshot_;
  const TracebackTable& table_;
  UsedTracebacks used_;
  std::unordered_map<std::uint32_t, std::size_t> replicates_;  // places in the file, by id
  TextBuffer text_;
  bool first_ = true;
};

void JsonBuilder::write() {
  put_header();
  put_frames();
  put_tracebacks();
  if (snapshot_.traces().has_replicates()) {
    put_replicates();
  }
  put_traces();
  text_.put("}\n");
  text_.flush();
}

void JsonBuilder::put_header() {
  text_.print("{{\"{}\": \"{}\",\n\"{}\": {},\n\"{}\": {},\n\"{}\": {{", kJsonFormat,
              kJsonFormatName, kJsonVersion, kJsonFormatVersion, kJsonLimit,
              snapshot_.traceback_limit(), kJsonMetadata);
  std::string_view between;
  for (const auto& [key, value] : snapshot_.metadata()) {
    text_.print("{}{}: {}", between, json_string(key), metadatum_json(value));
    between = ", ";
  }
  text_.put("}");
}

void JsonBuilder::put_frames() {
  begin_list(kJsonFrames);
  for (const FrameId id : used_.frames()) {
    const Frame frame = table_.frame(id);
    begin_row();
    text_.print("{}, {}", text_json(table_.string(frame.filename)), frame.lineno);
    if (frame.function != kEmptyString) {
      text_.print(", {}", text_json(table_.string(frame.function)));
    }
    text_.put("]");
  }
  text_.put("]");
}

void JsonBuilder::put_tracebacks() {
  begin_list(kJsonTracebacks);
  for (const TracebackId id : used_.tracebacks()) {
    const Traceback traceback = table_.traceback(id);
    begin_row();
    text_.print("{}, [", traceback.total_nframe);
    std::string_view between;
    for (const FrameId frame : traceback.frames) {
      text_.print("{}{}", between, used_.number(frame));
      between = ", ";
    }
    text_.put("]]");
  }
  text_.put("]");
}

void JsonBuilder::put_replicates() {
  begin_list(kJsonReplicates);
  snapshot_.traces().for_each_estimate([&](TracebackId, std::uint64_t, std::uint32_t id) {
    const auto [place, added] = replicates_.try_emplace(id, replicates_.size());
    if (added) {
      begin_row();
      text_.print("{}]", fmt::join(snapshot_.replicates(id), ", "));
    }
  });
  text_.put("]");
}

void JsonBuilder::put_traces() {
  begin_list(kJsonTraces);
  for (const Trace& trace : snapshot_.traces()) {
    begin_row();
    put_trace(trace);
    text_.put("]");
  }
  text_.put("]");
}

void JsonBuilder::put_trace(const Trace& trace) {
  text_.print("{}, {}", used_.number(trace.traceback), trace.size);
  const int more = trace.replicates != 0 ? 5
                   : trace.address != 0  ? 4
                   : trace.time != 0     ? 3
                   : trace.weight != 1   ? 2
                   : trace.domain != 0   ? 1
                                         : 0;
  if (more >= 1) {
    text_.print(", {}", trace.domain);
  }
  if (more >= 2) {
    text_.print(", {}", trace.weight);
  }
  if (more >= 3) {
    text_.print(", {}", trace.time);
  }
  if (more >= 4) {
    text_.print(", {}", trace.address);
  }
  if (more >= 5) {
    text_.print(", {}", replicates_.at(trace.replicates));
  }
}

}  // namespace

void write_json(const Snapshot& snapshot, ByteSink& sink) { JsonBuilder(snapshot, sink).write(); }

}  // namespace tmbpf
