// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/speedscope_writer.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/files/text_buffer.h"
#include "userspace/files/used_tracebacks.h"
#include "userspace/model/json_text.h"

namespace tmbpf {
namespace {

// "COMMAND (process PID)", as far as known.
std::string title(const Metadata& metadata) {
  const auto command = metadata.find("command");
  const auto pid = metadata.find("pid");
  const auto* text =
      command == metadata.end() ? nullptr : std::get_if<std::string>(&command->second);
  const auto* number = pid == metadata.end() ? nullptr : std::get_if<std::int64_t>(&pid->second);
  const std::string name = text == nullptr || text->empty() ? "snapshot" : *text;
  return number == nullptr ? name : fmt::format("{} (process {})", name, *number);
}

class SpeedscopeBuilder {
 public:
  SpeedscopeBuilder(const Snapshot& snapshot, ByteSink& sink)
      : snapshot_(snapshot),
        table_(snapshot.table()),
        used_(snapshot),
        sums_(sums_by_traceback(snapshot, used_)),
        text_(sink) {}

  void write();

 private:
  using Total = std::uint64_t (BlockSum::*)() const;

  void put_frames();
  void put_frame(const Frame& frame);
  void put_profile(std::string_view name, std::string_view unit, Total total);
  void put_samples();

  const Snapshot& snapshot_;
  const TracebackTable& table_;
  UsedTracebacks used_;
  std::vector<BlockSum> sums_;
  TextBuffer text_;
};

void SpeedscopeBuilder::write() {
  text_.print(R"({{"$schema": "https://www.speedscope.app/file-format-schema.json",)"
              "\n\"exporter\": \"tmbpf\",\n\"name\": {},\n\"activeProfileIndex\": 0,\n",
              json_string(title(snapshot_.metadata())));
  put_frames();
  text_.put(R"("profiles": [)");
  put_profile("bytes", "bytes", &BlockSum::size);
  text_.put(",\n");
  put_profile("blocks", "none", &BlockSum::count);
  text_.put("]}\n");
  text_.flush();
}

void SpeedscopeBuilder::put_frames() {
  text_.put(R"("shared": {"frames": [)");
  std::string_view between = "\n";
  for (const FrameId id : used_.frames()) {
    text_.put(between);
    put_frame(table_.frame(id));
    between = ",\n";
  }
  text_.put("]},\n");
}

void SpeedscopeBuilder::put_frame(const Frame& frame) {
  const std::string_view file = table_.string(frame.filename);
  const std::string place = fmt::format("{}:{}", file, frame.lineno);
  const std::string_view name =
      frame.function == kEmptyString ? std::string_view(place) : table_.string(frame.function);
  text_.print(R"({{"name": {}, "file": {})", json_string(name), json_string(file));
  if (frame.lineno != 0) {
    text_.print(R"(, "line": {})", frame.lineno);
  }
  text_.put("}");
}

void SpeedscopeBuilder::put_profile(std::string_view name, std::string_view unit, Total total) {
  std::uint64_t end = 0;
  for (const BlockSum& sum : sums_) {
    const std::uint64_t weight = (sum.*total)();
    end = weight > std::numeric_limits<std::uint64_t>::max() - end
              ? std::numeric_limits<std::uint64_t>::max()
              : end + weight;
  }
  text_.print(R"({{"type": "sampled", "name": "{}", "unit": "{}", "startValue": 0, "endValue": {},)"
              "\n\"samples\": [",
              name, unit, end);
  put_samples();
  text_.put("],\n\"weights\": [");
  std::string_view between;
  for (const BlockSum& sum : sums_) {
    text_.print("{}{}", between, (sum.*total)());
    between = ",";
  }
  text_.put("]}");
}

void SpeedscopeBuilder::put_samples() {
  std::string_view next_sample;
  for (const TracebackId id : used_.tracebacks()) {
    text_.put(next_sample);
    std::string_view between = "[";
    const Traceback traceback = table_.traceback(id);
    for (std::size_t i = traceback.frames.size(); i-- > 0;) {
      text_.print("{}{}", between, used_.number(traceback.frames[i]));
      between = ",";
    }
    text_.put("]");
    next_sample = ",";
  }
}

}  // namespace

void write_speedscope(const Snapshot& snapshot, ByteSink& sink) {
  SpeedscopeBuilder(snapshot, sink).write();
}

}  // namespace tmbpf
