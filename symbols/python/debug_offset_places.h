// SPDX-License-Identifier: Apache-2.0
// Where in struct _Py_DebugOffsets each number stands that tmbpf takes from it.
//
// The struct begins _PyRuntime from 3.13 on; CPython adds to it with every minor version
// (Include/internal/pycore_runtime.h of 3.13, pycore_debug_offsets.h of 3.14 and 3.15). Each field
// is named after the struct's member; its value is a byte offset within the struct, where 8 bytes
// hold an offset or a size.
#pragma once

#include <cstdint>

namespace tmbpf {

struct DebugOffsetPlaces {
  std::uint32_t size;  // of the struct itself
  std::uint32_t version;
  std::uint32_t free_threaded;
  std::uint32_t runtime_state_size;
  std::uint32_t runtime_state_interpreters_head;
  std::uint32_t interpreter_state_size;
  std::uint32_t interpreter_state_next;
  std::uint32_t interpreter_state_threads_head;
  std::uint32_t interpreter_state_gil_runtime_state_holder;
  std::uint32_t thread_state_size;
  std::uint32_t thread_state_next;
  std::uint32_t thread_state_current_frame;
  std::uint32_t thread_state_thread_id;
  std::uint32_t interpreter_frame_size;
  std::uint32_t interpreter_frame_previous;
  std::uint32_t interpreter_frame_executable;
  std::uint32_t interpreter_frame_instr_ptr;
  std::uint32_t interpreter_frame_owner;
  std::uint32_t code_object_size;
  std::uint32_t code_object_filename;
  std::uint32_t code_object_qualname;
  std::uint32_t code_object_linetable;
  std::uint32_t code_object_firstlineno;
  std::uint32_t code_object_co_code_adaptive;
  std::uint32_t pyobject_size;
  std::uint32_t pyobject_ob_type;
  std::uint32_t type_object_size;
  std::uint32_t type_object_tp_flags;
  std::uint32_t bytes_object_size;
  std::uint32_t bytes_object_ob_size;
  std::uint32_t bytes_object_ob_sval;
  std::uint32_t unicode_object_size;
  std::uint32_t unicode_object_state;
  std::uint32_t unicode_object_length;
  std::uint32_t unicode_object_asciiobject_size;
};

}  // namespace tmbpf
