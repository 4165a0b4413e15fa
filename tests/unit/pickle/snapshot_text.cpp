// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/pickle/snapshot_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "userspace/files/memory_source.h"
#include "userspace/files/pickle/pickle_reader.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

class StringSink : public ByteSink {
 public:
  void write(std::string_view bytes) override { bytes_ += bytes; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string value_text(const MetadataValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return fmt::format("int {}", *integer);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return fmt::format("double {}", *real);
  }
  return fmt::format("string {}", std::get<std::string>(value));
}

}  // namespace

std::string trace_text(const Snapshot& snapshot) {
  const TracebackTable& table = snapshot.table();
  std::string text;
  for (const Trace& trace : snapshot.traces()) {
    const Traceback traceback = table.traceback(trace.traceback);
    text += fmt::format("{} {} {}", trace.domain, trace.size, traceback.total_nframe);
    std::string_view separator = " ";
    for (const FrameId id : traceback.frames) {
      const Frame frame = table.frame(id);
      text += fmt::format("{}{}:{}", separator, table.string(frame.filename), frame.lineno);
      separator = " < ";
    }
    text += '\n';
  }
  return text;
}

std::string full_text(const Snapshot& snapshot) {
  const TracebackTable& table = snapshot.table();
  std::string text = fmt::format("limit {}\n", snapshot.traceback_limit());
  for (const auto& [key, value] : snapshot.metadata()) {
    text += fmt::format("{} = {}\n", key, value_text(value));
  }
  for (const Trace& trace : snapshot.traces()) {
    const Traceback traceback = table.traceback(trace.traceback);
    text += fmt::format("{} {} x {} at {} of {}:", trace.domain, trace.size, trace.weight,
                        trace.time, traceback.total_nframe);
    for (const FrameId id : traceback.frames) {
      const Frame frame = table.frame(id);
      text += fmt::format(" {}:{} in {},", table.string(frame.filename), frame.lineno,
                          table.string(frame.function));
    }
    text += '\n';
  }
  return text;
}

std::string first_difference(std::string_view left, std::string_view right) {
  const auto [at, other] = std::ranges::mismatch(left, right);
  if (at == left.end() && other == right.end()) {
    return {};
  }
  const auto offset = static_cast<std::size_t>(at - left.begin());
  const std::size_t start = offset == 0 ? 0 : left.rfind('\n', offset - 1) + 1;
  return fmt::format("at {}: {} | {}", offset, left.substr(start, 400), right.substr(start, 400));
}

std::string pickled(const Snapshot& snapshot, PickleForm form) {
  StringSink sink;
  write_pickle(snapshot, sink, form);
  return sink.bytes();
}

Snapshot unpickled(std::string_view bytes) {
  MemorySource source(bytes, "x.pickle");
  return read_pickle(source);
}

std::string refusal(std::string_view bytes) {
  try {
    unpickled(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

std::string bytes_of(std::uint64_t value, unsigned bytes) {
  std::string result;
  for (unsigned i = 0; i < bytes; ++i) {
    result += static_cast<char>((value >> (8 * i)) & 0xffU);
  }
  return result;
}

}  // namespace tmbpf::test
