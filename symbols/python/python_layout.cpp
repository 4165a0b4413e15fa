// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace tmbpf {
namespace {

struct VersionLayout {
  int minor;
  PythonLayout layout;
};

// CPython 3.11: Include/internal/pycore_runtime.h, pycore_interp.h, pycore_frame.h,
// Include/cpython/pystate.h, code.h, unicodeobject.h, Objects/obmalloc.c. Equal in 3.11.2 (Debian)
// and 3.11.7, read from DWARF.
constexpr PythonLayout kLayout311{
    .runtime_tstate_current = 0x240,
    .runtime_interpreters_head = 0x28,
    .offsets =
        {
            .tstate_current = 0,
            .interpreters_head = 0,
            .usedpools = 0,
            .arenas = 0,
            .maxarenas = 0,
            .interp_next = 0,
            .interp_threads_head = 16,
            .tstate_next = 8,
            .tstate_thread_id = 152,
            .tstate_cframe = 56,
            .cframe_current_frame = 8,
            .frame_f_code = 32,
            .frame_previous = 48,
            .frame_prev_instr = 56,
            .frame_owner = 69,
            .frame_owned_by_generator = 1,  // FRAME_OWNED_BY_GENERATOR
            .code_co_filename = 112,
            .code_co_qualname = 128,
            .code_co_linetable = 136,
            .code_co_firstlineno = 72,
            .code_co_firsttraceable = 168,
            .code_co_code_adaptive = 184,
            .unicode_length = 16,
            .unicode_state = 32,
            .unicode_ascii_data = 48,
            .unicode_compact_data = 72,
            .bytes_ob_size = 16,
            .bytes_ob_sval = 32,
            .pool_freeblock = 8,
            .pool_nextpool = 16,
            .pool_arenaindex = 32,
            .pool_szidx = 36,
            .arena_address = 0,
            .arena_object_size = 48,
            .pool_size = 16 << 10,
            .arena_size = 1 << 20,
            .alignment_shift = 4,
            .small_request_threshold = 512,
            .pad = 0,
        },
};

constexpr std::array kLayouts{VersionLayout{11, kLayout311}};

}  // namespace

std::optional<PythonLayout> python_layout(const PythonVersion& version) {
  for (const VersionLayout& entry : kLayouts) {
    if (version.major == 3 && version.minor == entry.minor) {
      return entry.layout;
    }
  }
  return std::nullopt;
}

std::string supported_versions() {
  std::string text;
  for (const VersionLayout& entry : kLayouts) {
    text += fmt::format("{}3.{}", text.empty() ? "" : ", ", entry.minor);
  }
  return text;
}

}  // namespace tmbpf
