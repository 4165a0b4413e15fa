// SPDX-License-Identifier: Apache-2.0
// Data flow through one function: what registers and stack slots hold at chosen instructions, over
// every path from the entry.
//
// Sound, not clever: a function with a jump table is given up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "symbols/allocator/new_reference_parts.h"
#include "symbols/allocator/new_reference_value.h"

namespace tmbpf {

struct FunctionFlow {
  std::map<std::uint64_t, OriginState> at;  // of the wanted instructions that can be reached
  OriginValue returned;                     // over every return; tail calls are callees
  bool complete = false;                    // false: too large or with a jump table, nothing counts
};

FunctionFlow follow_function(const CodeIndex& code, const AllocatorKnowledge& knowledge,
                             const FunctionParts& parts, const std::set<std::uint64_t>& wanted);

}  // namespace tmbpf
