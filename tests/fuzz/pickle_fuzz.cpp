// SPDX-License-Identifier: Apache-2.0
// Input: a pickle. What is read must come back the same after writing it in each form; the memory
// is bounded by libFuzzer's own limit.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/files/memory_source.h"
#include "userspace/files/pickle_reader.h"
#include "userspace/files/pickle_writer.h"
#include "userspace/model/wtf8.h"
#include "util/error.h"

namespace {

using namespace tmbpf;

constexpr double kMostBlocks = 100000;  // that are worth writing

class StringSink : public ByteSink {
 public:
  void write(std::string_view bytes) override { bytes_ += bytes; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

bool same(const MetadataValue& left, const MetadataValue& right) {
  const auto* one = std::get_if<double>(&left);
  const auto* other = std::get_if<double>(&right);
  return left == right ||
         (one != nullptr && other != nullptr && std::isnan(*one) && std::isnan(*other));
}

void require_same(const Snapshot& left, const Snapshot& right) {
  require(left.traceback_limit() == right.traceback_limit());
  require(left.traces().size() == right.traces().size());
  for (std::size_t i = 0; i < left.traces().size(); ++i) {
    require(left.traces()[i] == right.traces()[i]);  // one table: equal tracebacks have one id
  }
  require(left.metadata().size() == right.metadata().size());
  for (const auto& [key, value] : left.metadata()) {
    const auto other = right.metadata().find(key);
    require(other != right.metadata().end() && same(value, other->second));
  }
}

double look_at(const Snapshot& snapshot) {
  double blocks = 0;
  for (const Trace& trace : snapshot.traces()) {
    blocks += trace.weight;
    const Traceback traceback = snapshot.table().traceback(trace.traceback);
    require(!traceback.frames.empty() && traceback.total_nframe >= traceback.frames.size());
    const Frame frame = snapshot.table().frame(traceback.frames.back());
    require(is_wtf8(snapshot.table().string(frame.filename)));
    require(is_wtf8(snapshot.table().string(frame.function)));
  }
  return blocks;
}

std::optional<Snapshot> read(std::string_view bytes) {
  MemorySource source(bytes);
  try {
    return read_pickle(source);
  } catch (const Error&) {
    return std::nullopt;  // refused with a reason
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto snapshot = read({reinterpret_cast<const char*>(data), size});
  if (snapshot && look_at(*snapshot) <= kMostBlocks) {
    for (const PickleForm form :
         {PickleForm::python_3_9, PickleForm::python_3_6, PickleForm::python_3_4}) {
      StringSink sink;
      write_pickle(*snapshot, sink, form);
      MemorySource written(sink.bytes());
      require_same(*snapshot, read_pickle(written, snapshot->shared_table()));  // or throws
    }
  }
  return 0;
}
