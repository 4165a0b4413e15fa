// SPDX-License-Identifier: Apache-2.0
// Input: a pickle. What is read must come back the same after writing it in each form; the memory
// is bounded by libFuzzer's own limit.
#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/fuzz/snapshot_check.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/pickle/pickle_reader.h"
#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/files/string_sink.h"
#include "util/error.h"

namespace {

using namespace tmbpf;

constexpr double kMostBlocks = 100000;  // that are worth writing

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
      MemorySource written(sink.text());
      require_same(*snapshot, read_pickle(written, snapshot->shared_table()));  // or throws
    }
  }
  return 0;
}
