// SPDX-License-Identifier: Apache-2.0
// The table of the opcodes, the stack and the memo.
#include "userspace/files/pickle/pickle_decoder.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "userspace/files/memory_budget.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kCheckInterval = 1UL << 16U;  // bytes read
constexpr std::uint64_t kIndexDigits = 20;
constexpr char kStop = '.';

// In the order of PickleKind.
constexpr std::array<std::string_view, 16> kKindNames{"nothing",
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

}  // namespace

const std::array<PickleDecoder::Operation, PickleDecoder::kOperationCount>
    PickleDecoder::kOperations{
        Operation{'(', "MARK", &PickleDecoder::mark},
        Operation{'.', "STOP", nullptr},
        Operation{'0', "POP", &PickleDecoder::drop},
        Operation{'1', "POP_MARK", &PickleDecoder::drop_to_mark},
        Operation{'2', "DUP", &PickleDecoder::duplicate},
        Operation{'F', "FLOAT", &PickleDecoder::real_line},
        Operation{'I', "INT", &PickleDecoder::int_line},
        Operation{'J', "BININT", &PickleDecoder::int4},
        Operation{'K', "BININT1", &PickleDecoder::int1},
        Operation{'L', "LONG", &PickleDecoder::long_line},
        Operation{'M', "BININT2", &PickleDecoder::int2},
        Operation{'N', "NONE", &PickleDecoder::none},
        Operation{'P', "PERSID", nullptr},
        Operation{'Q', "BINPERSID", nullptr},
        Operation{'R', "REDUCE", &PickleDecoder::reduce},
        Operation{'S', "STRING", &PickleDecoder::string_line},
        Operation{'T', "BINSTRING", &PickleDecoder::string4},
        Operation{'U', "SHORT_BINSTRING", &PickleDecoder::string1},
        Operation{'V', "UNICODE", &PickleDecoder::unicode_line},
        Operation{'X', "BINUNICODE", &PickleDecoder::unicode4},
        Operation{'a', "APPEND", &PickleDecoder::append},
        Operation{'b', "BUILD", &PickleDecoder::build},
        Operation{'c', "GLOBAL", &PickleDecoder::global_lines},
        Operation{'d', "DICT", &PickleDecoder::dict},
        Operation{'}', "EMPTY_DICT", &PickleDecoder::empty_dict},
        Operation{'e', "APPENDS", &PickleDecoder::appends},
        Operation{'g', "GET", &PickleDecoder::get_line},
        Operation{'h', "BINGET", &PickleDecoder::get1},
        Operation{'i', "INST", nullptr},
        Operation{'j', "LONG_BINGET", &PickleDecoder::get4},
        Operation{'l', "LIST", &PickleDecoder::list},
        Operation{']', "EMPTY_LIST", &PickleDecoder::empty_list},
        Operation{'o', "OBJ", nullptr},
        Operation{'p', "PUT", &PickleDecoder::put_line},
        Operation{'q', "BINPUT", &PickleDecoder::put1},
        Operation{'r', "LONG_BINPUT", &PickleDecoder::put4},
        Operation{'s', "SETITEM", &PickleDecoder::set_item},
        Operation{'t', "TUPLE", &PickleDecoder::tuple},
        Operation{')', "EMPTY_TUPLE", &PickleDecoder::empty_tuple},
        Operation{'u', "SETITEMS", &PickleDecoder::set_items},
        Operation{'G', "BINFLOAT", &PickleDecoder::real8},
        Operation{'\x80', "PROTO", &PickleDecoder::protocol},
        Operation{'\x81', "NEWOBJ", &PickleDecoder::new_object},
        Operation{'\x82', "EXT1", nullptr},
        Operation{'\x83', "EXT2", nullptr},
        Operation{'\x84', "EXT4", nullptr},
        Operation{'\x85', "TUPLE1", &PickleDecoder::tuple1},
        Operation{'\x86', "TUPLE2", &PickleDecoder::tuple2},
        Operation{'\x87', "TUPLE3", &PickleDecoder::tuple3},
        Operation{'\x88', "NEWTRUE", &PickleDecoder::yes},
        Operation{'\x89', "NEWFALSE", &PickleDecoder::no},
        Operation{'\x8a', "LONG1", &PickleDecoder::long1},
        Operation{'\x8b', "LONG4", &PickleDecoder::long4},
        Operation{'B', "BINBYTES", &PickleDecoder::bytes4},
        Operation{'C', "SHORT_BINBYTES", &PickleDecoder::bytes1},
        Operation{'\x8c', "SHORT_BINUNICODE", &PickleDecoder::unicode1},
        Operation{'\x8d', "BINUNICODE8", &PickleDecoder::unicode8},
        Operation{'\x8e', "BINBYTES8", &PickleDecoder::bytes8},
        Operation{'\x8f', "EMPTY_SET", nullptr},
        Operation{'\x90', "ADDITEMS", nullptr},
        Operation{'\x91', "FROZENSET", nullptr},
        Operation{'\x92', "NEWOBJ_EX", nullptr},
        Operation{'\x93', "STACK_GLOBAL", &PickleDecoder::stack_global},
        Operation{'\x94', "MEMOIZE", &PickleDecoder::memoize},
        Operation{'\x95', "FRAME", &PickleDecoder::frame},
        Operation{'\x96', "BYTEARRAY8", nullptr},
        Operation{'\x97', "NEXT_BUFFER", nullptr},
        Operation{'\x98', "READONLY_BUFFER", nullptr},
    };

PickleValue PickleDecoder::decode() {
  std::array<void (PickleDecoder::*)(), 256> run{};
  for (const Operation& known : kOperations) {
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
  for (const Operation& known : kOperations) {
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
  while (index >= memo_.size()) {
    memo_.push_back({});
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
  return kKindNames.at(static_cast<std::size_t>(kind));
}

}  // namespace tmbpf
