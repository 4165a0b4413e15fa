// SPDX-License-Identifier: Apache-2.0
// Snapshot -> CSV (RFC 4180, UTF-8, with a header) for spreadsheets.
//
// A row for each domain, size of a block and traceback that occur together, the most bytes first; a
// row for each block where addresses are kept:
//
//   blocks     how many (rounded where it is an estimate)
//   size       bytes of one of them
//   bytes      of all of them
//   domain     tracemalloc's
//   address    in hexadecimal, 0x7f5a12345670; empty where it is not known. Only in a file of a
//              snapshot with addresses
//   file, line, function   where they were allocated: the most recent frame; function may be empty
//   traceback  the whole of it, a frame on each line of the cell, the oldest first, as
//              "function (file:line)" or "file:line"
//
// Names are on one line each (frame_text.h). A text that a spreadsheet would take for a formula, as
// it begins with = + - or @, has a ' before it. Numbers are not quoted, texts are.
#pragma once

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

void write_csv(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
