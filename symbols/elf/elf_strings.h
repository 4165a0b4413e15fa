// SPDX-License-Identifier: Apache-2.0
// A quick look into an ELF file, for those that are not worth an ElfImage.
#pragma once

#include <string>
#include <string_view>

namespace tmbpf {

// Whether a string table of the 64-bit ELF file has a name that ends with this one (linkers share
// tails). Reads the headers and those tables alone, 512 MiB of them at most. False for all other
// files and for what cannot be read; the file is not trusted.
bool elf_mentions(const std::string& path, std::string_view name);

}  // namespace tmbpf
