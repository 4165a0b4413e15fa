// SPDX-License-Identifier: Apache-2.0
// Where a guarded copy's arguments are, read off the call that runs when the guard fails.
//
// At the guard's jump the inlined copy's arguments sit wherever the compiler keeps them. But the
// cold edge must pass the same arguments to the live function by the System V ABI: walking it
// symbolically up to that call says what rsi and rdx are in terms of the registers at the jump.
#pragma once

#include <cstddef>
#include <optional>

#include "bpf/tmbpf.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"
#include "symbols/allocator/register_state.h"

namespace tmbpf {

// The second and third argument (the first is the allocator's ctx).
struct CallArguments {
  SymbolicValue rsi;
  SymbolicValue rdx;
};

struct GuardedCall {
  std::size_t calls = 0;  // call-reaching paths; 0: the guard chooses no allocation
  bool agreed = true;     // all of them pass the same
  bool cut = false;       // some path was too long or too branched to be followed to its end
  CallArguments arguments;
};

// `rdx` is compared for calloc and realloc only.
GuardedCall walk_to_guarded_call(const CodeIndex& code, const Guard& guard);

// As BPF reads it; nothing when the value cannot be told so.
std::optional<tmbpf_operand> to_operand(const SymbolicValue& value);

// Fills size, nelem and ptr of a request or free from the inner function's arguments. A malloc of a
// register times a constant becomes a calloc, which asks for the same. False when one of them
// cannot be told.
bool fill_operands(const CallArguments& arguments, tmbpf_site& site);

}  // namespace tmbpf
