// SPDX-License-Identifier: Apache-2.0
// Which instructions the kernel emulates under a uprobe. Everything else it single-steps, which
// costs about 36 times as much in a virtual machine.
//
// Source: arch/x86/kernel/uprobes.c, branch_setup_xol_ops and push_setup_xol_ops, kernels 5.10 to
// 7.2. A 0x66 prefix on a branch makes the kernel refuse the probe; multi-byte nops, endbr64,
// jrcxz and loop are single-stepped by at least one of these kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

// nop, push r64, jcc, jmp rel, call rel; `code` starts at the instruction and must hold all of it.
bool is_emulated_instruction(std::span<const std::byte> code);

bool is_emulated_at(const ElfImage& image, std::uint64_t vaddr);

}  // namespace tmbpf
