// SPDX-License-Identifier: Apache-2.0
// Snapshots as JSON texts, whole and damaged.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "userspace/model/snapshot.h"

namespace tmbpf::test {

std::string written_as_json(const Snapshot& snapshot);

// Throws Error.
Snapshot read_from_json(std::string_view text,
                        std::shared_ptr<TracebackTable> table = std::make_shared<TracebackTable>());

// The parts of a document, each of which a case may replace.
struct JsonDocument {
  std::string metadata = "{}";
  std::string frames = R"([["a.py", 1]])";
  std::string tracebacks = "[[1, [0]]]";
  std::string replicates;  // "": left out, key and all
  std::string traces = "[[0, 8]]";

  [[nodiscard]] std::string text() const {
    return R"({"format": "tmbpf-snapshot", "version": 1, "traceback_limit": 5, "metadata": )" +
           metadata + R"(, "frames": )" + frames + R"(, "tracebacks": )" + tracebacks +
           (replicates.empty() ? "" : R"(, "replicates": )" + replicates) + R"(, "traces": )" +
           traces + "}";
  }
};

}  // namespace tmbpf::test
