// SPDX-License-Identifier: Apache-2.0
// What write_json() wrote -> Snapshot.
#pragma once

#include <memory>
#include <string_view>

#include "userspace/files/byte_source.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Whether a file that begins with these bytes is a JSON object, as far as that can be told.
bool is_json(std::string_view first_bytes);

// Reads what write_json() writes (see there), all of it: written again it gives the same bytes.
// The keys must come in that order, each once and no others.
//
// For files that nobody vouches for: nothing nests deeper than the layout, and each byte of the
// file can cost only so much that memory_budget() of the file is never reached. Adds to `table`
// even when it throws. Throws Error "cannot read FILE: byte OFFSET: WHAT, expected ...".
Snapshot read_json(ByteSource& source,
                   std::shared_ptr<TracebackTable> table = std::make_shared<TracebackTable>());

}  // namespace tmbpf
