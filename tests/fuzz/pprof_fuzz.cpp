// SPDX-License-Identifier: Apache-2.0
// Input: a file that is read as a pprof profile, and the same once more as what is in such a file's
// gzip, since changed gzip hardly ever unpacks. What was read and written must give the same bytes
// when it is read and written again.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/snapshot_check.h"
#include "userspace/files/gzip_sink.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/pprof/pprof_reader.h"
#include "userspace/files/pprof/pprof_writer.h"
#include "userspace/files/string_sink.h"
#include "util/error.h"

namespace {

using namespace tmbpf;

std::string zipped(std::string_view bytes) {
  StringSink sink;
  GzipSink gzip(sink);
  gzip.write(bytes);
  gzip.finish();
  return sink.text();
}

std::string written(const Snapshot& snapshot) {
  StringSink sink;
  write_pprof(snapshot, sink);
  return sink.text();
}

std::optional<Snapshot> read(std::string_view bytes) {
  MemorySource source(bytes);
  try {
    return read_pprof(source);
  } catch (const Error&) {
    return std::nullopt;  // refused with a reason
  }
}

void try_file(std::string_view bytes) {
  if (const auto snapshot = read(bytes)) {
    look_at(*snapshot);
    const std::string first = written(*snapshot);
    MemorySource source(first);
    require(written(read_pprof(source)) == first);  // or throws
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_file(bytes);
  try_file(zipped(bytes));
  return 0;
}
