// SPDX-License-Identifier: Apache-2.0
// Where the interpreter begins to finalize.
#pragma once

#include <cstdint>
#include <optional>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

// Address of an instruction that runs once, with nothing torn down yet, when Py_FinalizeEx begins,
// and that the kernel emulates. Since 3.13 Py_FinalizeEx only hands on to a static function
// (Python/pylifecycle.c, _Py_Finalize), which Py_RunMain may call itself: it lies there then.
// std::nullopt: no such symbol, or no such instruction near its beginning.
std::optional<std::uint64_t> find_finalizer(const ElfImage& image);

}  // namespace tmbpf
