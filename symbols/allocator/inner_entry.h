// SPDX-License-Identifier: Apache-2.0
// Where a function can be probed near its entry: the first emulated instruction on the straight
// path, and where its arguments are there.
#pragma once

#include <cstdint>
#include <optional>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/operand_walk.h"

namespace tmbpf {

struct InnerEntry {
  std::uint64_t vaddr = 0;
  CallArguments arguments;             // in terms of the registers at vaddr
  bool return_address_on_top = false;  // rsp is as at the entry: a return probe works here
};

// Every call passes the found instruction exactly once: nothing branches before it and nothing but
// a call enters it. Nothing when there is no such instruction.
std::optional<InnerEntry> find_inner_entry(const CodeIndex& code, std::uint64_t function);

}  // namespace tmbpf
