// SPDX-License-Identifier: Apache-2.0
// Function ranges from .eh_frame, which survives strip.
//
// Sources: LSB 5.0 "Exception Frames" (.eh_frame_hdr's search table, CIE augmentation, pointer
// encodings). Only what GNU ld, gold and lld write is understood: a table of 4-byte values
// relative to the header.
#pragma once

#include <cstdint>
#include <vector>

#include "symbols/elf/elf_image.h"
#include "symbols/elf/segment_map.h"

namespace tmbpf {

// Sorted by start, disjoint, no duplicates; an FDE whose length cannot be read ends where the
// next begins. Empty when the table is missing, of another kind, or damaged.
std::vector<FunctionRange> read_function_ranges(const SegmentMap& segments,
                                                std::uint64_t eh_frame_hdr);

}  // namespace tmbpf
