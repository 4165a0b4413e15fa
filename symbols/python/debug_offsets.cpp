// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/debug_offsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "symbols/python/debug_offset_places.h"
#include "symbols/python/layouts/python_3_13.h"
#include "symbols/python/layouts/python_3_14.h"
#include "symbols/python/layouts/python_3_15.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Place = std::uint32_t DebugOffsetPlaces::*;

constexpr std::string_view kCookie = "xdebugpy";
constexpr std::uint64_t kMaxStruct = 16 << 20;  // bytes; the largest, _PyRuntimeState, has 0.4 MiB

const DebugOffsetPlaces* places_of(const PythonVersion& version) {
  if (version.major != 3) {
    return nullptr;
  }
  switch (version.minor) {
    case 13:
      return &kDebugOffsets313;
    case 14:
      return &kDebugOffsets314;
    case 15:
      return &kDebugOffsets315;
    default:
      return nullptr;
  }
}

// One number of the table that the block tells.
struct Number {
  std::string_view name;
  std::uint32_t PythonLayout::*in_layout;   // either this
  std::uint32_t tmbpf_python::*in_offsets;  // or this
  Place place;
  Place struct_size;
  std::uint32_t bytes;  // of the field; it is aligned to them
  bool fixed;           // we read more of the struct than the block tells
};

using Places = DebugOffsetPlaces;
using Offsets = tmbpf_python;

constexpr std::array kNumbers{
    Number{"runtime_state.interpreters_head", &PythonLayout::runtime_interpreters_head, nullptr,
           &Places::runtime_state_interpreters_head, &Places::runtime_state_size, 8, true},
    Number{"interpreter_state.next", nullptr, &Offsets::interp_next,
           &Places::interpreter_state_next, &Places::interpreter_state_size, 8, true},
    Number{"interpreter_state.threads_head", nullptr, &Offsets::interp_threads_head,
           &Places::interpreter_state_threads_head, &Places::interpreter_state_size, 8, true},
    Number{"interpreter_state.gil_runtime_state_holder", &PythonLayout::interp_gil_last_holder,
           nullptr, &Places::interpreter_state_gil_runtime_state_holder,
           &Places::interpreter_state_size, 8, true},
    Number{"thread_state.next", nullptr, &Offsets::tstate_next, &Places::thread_state_next,
           &Places::thread_state_size, 8, false},
    Number{"thread_state.current_frame", nullptr, &Offsets::tstate_frame,
           &Places::thread_state_current_frame, &Places::thread_state_size, 8, false},
    Number{"thread_state.thread_id", nullptr, &Offsets::tstate_thread_id,
           &Places::thread_state_thread_id, &Places::thread_state_size, 8, false},
    Number{"interpreter_frame.previous", nullptr, &Offsets::frame_previous,
           &Places::interpreter_frame_previous, &Places::interpreter_frame_size, 8, false},
    Number{"interpreter_frame.executable", nullptr, &Offsets::frame_f_code,
           &Places::interpreter_frame_executable, &Places::interpreter_frame_size, 8, false},
    Number{"interpreter_frame.instr_ptr", nullptr, &Offsets::frame_prev_instr,
           &Places::interpreter_frame_instr_ptr, &Places::interpreter_frame_size, 8, false},
    Number{"interpreter_frame.owner", nullptr, &Offsets::frame_owner,
           &Places::interpreter_frame_owner, &Places::interpreter_frame_size, 1, false},
    Number{"code_object.filename", nullptr, &Offsets::code_co_filename,
           &Places::code_object_filename, &Places::code_object_size, 8, true},
    Number{"code_object.qualname", nullptr, &Offsets::code_co_qualname,
           &Places::code_object_qualname, &Places::code_object_size, 8, true},
    Number{"code_object.linetable", nullptr, &Offsets::code_co_linetable,
           &Places::code_object_linetable, &Places::code_object_size, 8, true},
    Number{"code_object.firstlineno", nullptr, &Offsets::code_co_firstlineno,
           &Places::code_object_firstlineno, &Places::code_object_size, 4, true},
    Number{"code_object.co_code_adaptive", nullptr, &Offsets::code_co_code_adaptive,
           &Places::code_object_co_code_adaptive, &Places::code_object_size, 1, true},
    Number{"pyobject.ob_type", nullptr, &Offsets::object_ob_type, &Places::pyobject_ob_type,
           &Places::pyobject_size, 8, false},
    Number{"type_object.tp_flags", nullptr, &Offsets::type_tp_flags, &Places::type_object_tp_flags,
           &Places::type_object_size, 8, false},
    Number{"bytes_object.ob_size", nullptr, &Offsets::bytes_ob_size, &Places::bytes_object_ob_size,
           &Places::bytes_object_size, 8, false},
    Number{"bytes_object.ob_sval", nullptr, &Offsets::bytes_ob_sval, &Places::bytes_object_ob_sval,
           &Places::bytes_object_size, 1, false},
    Number{"unicode_object.state", nullptr, &Offsets::unicode_state, &Places::unicode_object_state,
           &Places::unicode_object_size, 4, true},
    Number{"unicode_object.length", nullptr, &Offsets::unicode_length,
           &Places::unicode_object_length, &Places::unicode_object_size, 8, true},
    Number{"unicode_object.asciiobject_size", nullptr, &Offsets::unicode_ascii_data,
           &Places::unicode_object_asciiobject_size, &Places::unicode_object_size, 8, true},
};

[[noreturn]] void contradict(const PythonVersion& version, const std::string& what) {
  throw Error(fmt::format("the offsets that this CPython {} tells of itself (_Py_DebugOffsets) "
                          "cannot be trusted: {}",
                          version.text(), what),
              "is it an official release, and neither damaged nor patched?", ExitStatus::target);
}

// A block of the right size.
class Block {
 public:
  Block(const PythonVersion& version, const DebugOffsetPlaces& places,
        std::span<const std::byte> bytes)
      : version_(version), places_(places), bytes_(bytes) {
    if (bytes_.size() < places_.size) {
      contradict(version_, fmt::format("it has {} of {} bytes", bytes_.size(), places_.size));
    }
  }

  [[nodiscard]] std::uint64_t at(Place place) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_.subspan(places_.*place, sizeof(value)).data(), sizeof(value));
    return value;
  }

  void check_head() const {
    if (std::memcmp(bytes_.data(), kCookie.data(), kCookie.size()) != 0) {
      contradict(version_, "its cookie is wrong");
    }
    const std::uint64_t hex = at(&Places::version);
    if (hex != version_.hex()) {
      contradict(version_, fmt::format("its version is {:#x}, not {:#x}", hex, version_.hex()));
    }
    if (at(&Places::free_threaded) != 0) {
      throw Error("this is a free-threaded build of CPython, which tmbpf cannot trace",
                  "run the program on a build with the GIL", ExitStatus::target);
    }
  }

  [[nodiscard]] std::uint64_t size(Place place, std::string_view what) const {
    const std::uint64_t size = at(place);
    if (size == 0 || size > kMaxStruct) {
      contradict(version_, fmt::format("the struct of {} has {} bytes", what, size));
    }
    return size;
  }

  [[nodiscard]] std::uint32_t number(const Number& number) const {
    const std::uint64_t size = this->size(number.struct_size, number.name);
    const std::uint64_t value = at(number.place);
    if (value >= size || size - value < number.bytes || value % number.bytes != 0) {
      contradict(version_,
                 fmt::format("{} is {}, in a struct of {} bytes", number.name, value, size));
    }
    return static_cast<std::uint32_t>(value);
  }

 private:
  const PythonVersion& version_;
  const DebugOffsetPlaces& places_;
  std::span<const std::byte> bytes_;
};

// Up to the end of the last field that is read, in whole words.
std::uint32_t frame_size(const tmbpf_python& offsets) {
  const std::uint32_t end = std::max({offsets.frame_f_code + 8, offsets.frame_previous + 8,
                                      offsets.frame_prev_instr + 8, offsets.frame_owner + 1});
  return (end + 7) / 8 * 8;
}

// The main interpreter is the last member of _PyRuntimeState (pycore_runtime.h, 3.14+:
// pycore_runtime_structs.h), after static strings that micro releases add to.
std::uint32_t main_interpreter(const Block& told, const PythonVersion& version) {
  const std::uint64_t runtime = told.size(&DebugOffsetPlaces::runtime_state_size, "runtime_state");
  const std::uint64_t interp =
      told.size(&DebugOffsetPlaces::interpreter_state_size, "interpreter_state");
  if (interp >= runtime || (runtime - interp) % 8 != 0) {
    contradict(version, fmt::format("an interpreter has {} bytes, the runtime that holds it {}",
                                    interp, runtime));
  }
  return static_cast<std::uint32_t>(runtime - interp);
}

}  // namespace

std::size_t debug_offsets_size(const PythonVersion& version) {
  const DebugOffsetPlaces* places = places_of(version);
  return places ? places->size : 0;
}

PythonLayout with_debug_offsets(const PythonLayout& layout, const PythonVersion& version,
                                std::span<const std::byte> block) {
  const DebugOffsetPlaces* places = places_of(version);
  if (!places) {
    return layout;
  }
  const Block told(version, *places, block);
  told.check_head();
  PythonLayout result = layout;
  for (const Number& number : kNumbers) {
    std::uint32_t& ours =
        number.in_layout ? result.*number.in_layout : result.offsets.*number.in_offsets;
    const std::uint32_t theirs = told.number(number);
    if (number.fixed && theirs != ours) {
      contradict(version, fmt::format("{} is {}, while every release known has it at {}",
                                      number.name, theirs, ours));
    }
    ours = theirs;
  }
  result.runtime_main_interpreter = main_interpreter(told, version);
  result.offsets.frame_size = frame_size(result.offsets);
  if (result.offsets.frame_size > TMBPF_FRAME_BYTES) {
    contradict(version, fmt::format("a frame has {} bytes", result.offsets.frame_size));
  }
  return result;
}

}  // namespace tmbpf
