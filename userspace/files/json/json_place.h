// SPDX-License-Identifier: Apache-2.0
// Where in a snapshot as JSON a reader is.
#pragma once

#include <cstdint>
#include <string>

namespace tmbpf {

// What the next part belongs to.
enum class JsonPlace : std::uint8_t {
  before,
  document,
  metadata,
  metadata_real,   // {"real": "inf"}
  metadata_parts,  // a text in parts
  frames,
  frame,
  frame_parts,
  tracebacks,
  traceback,
  stack,
  replicates,
  replicates_row,
  traces,
  trace,
};

// What the object or array lies in.
JsonPlace around(JsonPlace place);

// What may begin there, in words; not in the document, where it depends on the key.
std::string expected_at(JsonPlace place);

}  // namespace tmbpf
