// SPDX-License-Identifier: Apache-2.0
// What a set tracemalloc flag leads to, and where the object is: read off the call that tells
// tracemalloc (or the reference tracer) of it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/new_reference_flag.h"
#include "symbols/allocator/register_state.h"

namespace tmbpf {

struct FlagMeaning {
  enum class Kind : std::uint8_t {
    nothing,    // no such call: tracemalloc's own functions
    created,    // a new reference to `object`
    destroyed,  // 3.13+: a deallocation
    unclear,    // such a call, but the paths disagree or the event cannot be told
  };
  Kind kind = Kind::nothing;
  SymbolicValue object;  // in terms of the registers at the test's jump
};

// `tellers`: entry points of _PyTraceMalloc_NewReference, its PLT stubs and clones; to 3.12.
FlagMeaning find_flag_meaning(const CodeIndex& code, const TracingFlag& flag, const FlagTest& test,
                              const std::vector<std::uint64_t>& tellers);

// Where a function's first argument is at an instruction that a straight path (branches may leave
// it) leads to from its entry.
std::optional<SymbolicValue> first_argument_at(const CodeIndex& code, std::uint64_t function,
                                               std::uint64_t instruction);

// The register with the object whose reference count is set to 1 beside a test: right before its
// jump, or right after it where the flag is not set. (_Py_NewReference does both; which comes
// first is the compiler's choice.)
std::optional<SymbolicValue> counted_object(const CodeIndex& code, const FlagTest& test);

}  // namespace tmbpf
