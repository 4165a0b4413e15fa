// SPDX-License-Identifier: Apache-2.0
// The table of the opcodes, the stack and the memo.
#include "userspace/files/pickle_decoder.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "userspace/files/memory_budget.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kCheckInterval = 1UL << 16U;  // bytes read
constexpr std::uint64_t kIndexDigits = 20;
constexpr char kStop = '.';

}  // namespace

std::span<const PickleDecoder::Operation> PickleDecoder::operations() {
  using D = PickleDecoder;
  static constexpr std::array kOperations{
      Operation{'(', "MARK", &D::mark},
      Operation{'.', "STOP", nullptr},
      Operation{'0', "POP", &D::drop},
      Operation{'1', "POP_MARK", &D::drop_to_mark},
      Operation{'2', "DUP", &D::duplicate},
      Operation{'F', "FLOAT", &D::real_line},
      Operation{'I', "INT", &D::int_line},
      Operation{'J', "BININT", &D::int4},
      Operation{'K', "BININT1", &D::int1},
      Operation{'L', "LONG", &D::long_line},
      Operation{'M', "BININT2", &D::int2},
      Operation{'N', "NONE", &D::none},
      Operation{'P', "PERSID", nullptr},
      Operation{'Q', "BINPERSID", nullptr},
      Operation{'R', "REDUCE", &D::reduce},
      Operation{'S', "STRING", &D::string_line},
      Operation{'T', "BINSTRING", &D::string4},
      Operation{'U', "SHORT_BINSTRING", &D::string1},
      Operation{'V', "UNICODE", &D::unicode_line},
      Operation{'X', "BINUNICODE", &D::unicode4},
      Operation{'a', "APPEND", &D::append},
      Operation{'b', "BUILD", &D::build},
      Operation{'c', "GLOBAL", &D::global_lines},
      Operation{'d', "DICT", &D::dict},
      Operation{'}', "EMPTY_DICT", &D::empty_dict},
      Operation{'e', "APPENDS", &D::appends},
      Operation{'g', "GET", &D::get_line},
      Operation{'h', "BINGET", &D::get1},
      Operation{'i', "INST", nullptr},
      Operation{'j', "LONG_BINGET", &D::get4},
      Operation{'l', "LIST", &D::list},
      Operation{']', "EMPTY_LIST", &D::empty_list},
      Operation{'o', "OBJ", nullptr},
      Operation{'p', "PUT", &D::put_line},
      Operation{'q', "BINPUT", &D::put1},
      Operation{'r', "LONG_BINPUT", &D::put4},
      Operation{'s', "SETITEM", &D::set_item},
      Operation{'t', "TUPLE", &D::tuple},
      Operation{')', "EMPTY_TUPLE", &D::empty_tuple},
      Operation{'u', "SETITEMS", &D::set_items},
      Operation{'G', "BINFLOAT", &D::real8},
      Operation{'\x80', "PROTO", &D::protocol},
      Operation{'\x81', "NEWOBJ", &D::new_object},
      Operation{'\x82', "EXT1", nullptr},
      Operation{'\x83', "EXT2", nullptr},
      Operation{'\x84', "EXT4", nullptr},
      Operation{'\x85', "TUPLE1", &D::tuple1},
      Operation{'\x86', "TUPLE2", &D::tuple2},
      Operation{'\x87', "TUPLE3", &D::tuple3},
      Operation{'\x88', "NEWTRUE", &D::yes},
      Operation{'\x89', "NEWFALSE", &D::no},
      Operation{'\x8a', "LONG1", &D::long1},
      Operation{'\x8b', "LONG4", &D::long4},
      Operation{'B', "BINBYTES", &D::bytes4},
      Operation{'C', "SHORT_BINBYTES", &D::bytes1},
      Operation{'\x8c', "SHORT_BINUNICODE", &D::unicode1},
      Operation{'\x8d', "BINUNICODE8", &D::unicode8},
      Operation{'\x8e', "BINBYTES8", &D::bytes8},
      Operation{'\x8f', "EMPTY_SET", nullptr},
      Operation{'\x90', "ADDITEMS", nullptr},
      Operation{'\x91', "FROZENSET", nullptr},
      Operation{'\x92', "NEWOBJ_EX", nullptr},
      Operation{'\x93', "STACK_GLOBAL", &D::stack_global},
      Operation{'\x94', "MEMOIZE", &D::memoize},
      Operation{'\x95', "FRAME", &D::frame},
      Operation{'\x96', "BYTEARRAY8", nullptr},
      Operation{'\x97', "NEXT_BUFFER", nullptr},
      Operation{'\x98', "READONLY_BUFFER", nullptr},
  };
  return kOperations;
}

PickleValue PickleDecoder::decode() {
  std::array<void (PickleDecoder::*)(), 256> run{};
  for (const Operation& known : operations()) {
    run.at(static_cast<unsigned char>(known.code)) = known.run;
  }
  std::uint64_t next_check = kCheckInterval;
  for (;;) {
    start_ = input_.position();
    if (start_ >= next_check) {
      check_memory();
      next_check = start_ + kCheckInterval;
    }
    code_ = static_cast<char>(input_.byte());
    if (const auto handler = run[static_cast<unsigned char>(code_)]) {
      (this->*handler)();
    } else if (code_ == kStop) {
      check_memory();
      return pop();
    } else {
      fail(operation() == nullptr ? "no opcode of protocols 0 to 5"
                                  : "tracemalloc's pickles hold no such thing");
    }
  }
}

const PickleDecoder::Operation* PickleDecoder::operation() const {
  for (const Operation& known : operations()) {
    if (known.code == code_) {
      return &known;
    }
  }
  return nullptr;
}

void PickleDecoder::check_memory() {
  const std::uint64_t memory = heap_.memory() + stack_.capacity() * sizeof(PickleValue) +
                               marks_.capacity() * sizeof(std::size_t) +
                               memo_.size() * sizeof(PickleValue);
  const std::uint64_t limit = memory_budget(start_);
  if (memory > limit) {
    fail(
        fmt::format("up to here the pickle takes {} bytes of memory, more than the {} that so long"
                    " a file may take",
                    memory, limit));
  }
}

void PickleDecoder::fail(std::string_view what) const {
  const Operation* known = operation();
  const std::string name = known != nullptr ? fmt::format("opcode {}", known->name)
                                            : fmt::format("opcode {:#04x}", code_ & 0xff);
  input_.fail(start_, fmt::format("{}: {}", name, what));
}

void PickleDecoder::fail_expected(std::string_view expected, PickleValue found) const {
  fail(fmt::format("expected {}, found {}", expected, kind_name(found.kind())));
}

void PickleDecoder::need(std::size_t objects) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor < objects) {
    fail(
        fmt::format("needs {} objects on the stack, there are {}", objects, stack_.size() - floor));
  }
}

PickleValue PickleDecoder::pop() {
  need(1);
  const PickleValue value = stack_.back();
  stack_.pop_back();
  return value;
}

std::size_t PickleDecoder::pop_mark() {
  if (marks_.empty()) {
    fail("there is no MARK before it");
  }
  const std::size_t mark = marks_.back();
  marks_.pop_back();
  return mark;
}

void PickleDecoder::drop() {
  // As in CPython, it takes a mark that lies on top.
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.pop_back();
  } else {
    pop();
  }
}

void PickleDecoder::duplicate() {
  need(1);
  push(stack_.back());
}

void PickleDecoder::put(std::uint64_t index) {
  // Each object in the memo took at least a byte of the file.
  if (index > start_) {
    fail(fmt::format("place {} in the memo, in a file that is at byte {}", index, start_));
  }
  need(1);
  if (index >= memo_.size()) {
    memo_.resize(index + 1);
  }
  memo_size_ += memo_[index].is(PickleKind::absent) ? 1 : 0;
  memo_[index] = stack_.back();
}

void PickleDecoder::get(std::uint64_t index) {
  if (index >= memo_.size() || memo_[index].is(PickleKind::absent)) {
    fail(fmt::format("nothing was put at place {} of the memo", index));
  }
  push(memo_[index]);
}

std::uint64_t PickleDecoder::index_of_line() {
  const std::string line = input_.line(kIndexDigits);
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), index);
  if (error != std::errc() || end != line.data() + line.size()) {
    fail(fmt::format("{} is no place in the memo", shown(line)));
  }
  return index;
}

std::string_view kind_name(PickleKind kind) {
  static constexpr std::array<std::string_view, 16> kNames{"nothing",
                                                           "None",
                                                           "a bool",
                                                           "an int",
                                                           "an int",
                                                           "a float",
                                                           "a str",
                                                           "bytes",
                                                           "a tuple",
                                                           "a list",
                                                           "a dict",
                                                           "a tuple (str, int)",
                                                           "a tuple of frames",
                                                           "a trace",
                                                           "a class",
                                                           "an instance of a class"};
  return kNames.at(static_cast<std::size_t>(kind));
}

}  // namespace tmbpf
