// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/files_json_document.h"

#include <utility>

#include "userspace/files/json/json_reader.h"
#include "userspace/files/json/json_writer.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/string_sink.h"

namespace tmbpf::test {

std::string written_as_json(const Snapshot& snapshot) {
  StringSink sink;
  write_json(snapshot, sink);
  return sink.text();
}

Snapshot read_from_json(std::string_view text, std::shared_ptr<TracebackTable> table) {
  MemorySource source(text, "a.json", 7);  // pieces that end within everything
  return read_json(source, std::move(table));
}

}  // namespace tmbpf::test
