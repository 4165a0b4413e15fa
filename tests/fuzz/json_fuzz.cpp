// SPDX-License-Identifier: Apache-2.0
// Input: a snapshot as JSON. What is read must come back the same after writing it, and then be
// written as the same bytes. The formats that are only written must stand it, too.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/snapshot_check.h"
#include "userspace/files/csv_writer.h"
#include "userspace/files/folded_writer.h"
#include "userspace/files/json/json_reader.h"
#include "userspace/files/json/json_writer.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/speedscope_writer.h"
#include "userspace/files/string_sink.h"
#include "util/error.h"

namespace {

using namespace tmbpf;

std::optional<Snapshot> read(std::string_view bytes) {
  MemorySource source(bytes);
  try {
    return read_json(source);
  } catch (const Error&) {
    return std::nullopt;  // refused with a reason
  }
}

std::string written(const Snapshot& snapshot) {
  StringSink sink;
  write_json(snapshot, sink);
  return sink.text();
}

void write_for_others(const Snapshot& snapshot) {
  StringSink sink;
  write_folded(snapshot, sink, FoldedValue::bytes);
  write_speedscope(snapshot, sink);
  write_csv(snapshot, sink);
  require(!sink.text().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto snapshot = read({reinterpret_cast<const char*>(data), size});
  if (snapshot) {
    look_at(*snapshot);
    const std::string first = written(*snapshot);
    MemorySource source(first);
    const Snapshot again = read_json(source, snapshot->shared_table());  // or throws
    require_same(*snapshot, again);
    require(written(again) == first);
    write_for_others(*snapshot);
  }
  return 0;
}
