// SPDX-License-Identifier: Apache-2.0
// Runs the opcodes of a pickle, protocols 0 to 5, as far as tracemalloc's pickles may hold them.
// Nothing of the pickle is ever called: the few objects it may ask for are marked, not made.
// Opcodes and their arguments: CPython's Lib/pickletools.py, what they do: Lib/pickle.py.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/files/pickle/pickle_heap.h"
#include "userspace/files/pickle/pickle_input.h"
#include "userspace/model/chunked_vector.h"

namespace tmbpf {

// "a list", "an int", ...: what a message calls such an object.
std::string_view kind_name(PickleKind kind);

class PickleDecoder {
 public:
  // Both must outlive this.
  PickleDecoder(PickleInput& input, PickleHeap& heap) : input_(input), heap_(heap) {}

  // Reads to the STOP opcode and returns the object that was built. Throws Error naming the byte
  // and the opcode for anything else, and when it would take more than memory_budget().
  PickleValue decode();

 private:
  struct Operation {
    char code;
    std::string_view name;
    void (PickleDecoder::*run)();  // nullptr: such a pickle is refused
  };
  static constexpr std::size_t kOperationCount = 68;
  static const std::array<Operation, kOperationCount> kOperations;
  [[nodiscard]] const Operation* operation() const;

  // The stack.
  void push(PickleValue value) { stack_.push_back(value); }
  PickleValue pop();
  void need(std::size_t objects);
  std::size_t pop_mark();
  [[nodiscard]] std::span<const PickleValue> above(std::size_t mark) const {
    return std::span(stack_).subspan(mark);
  }
  void mark() { marks_.push_back(stack_.size()); }
  void drop();
  void drop_to_mark() { stack_.resize(pop_mark()); }
  void duplicate();

  // The memo.
  void put(std::uint64_t index);
  void get(std::uint64_t index);
  void put_line() { put(index_of_line()); }
  void put1() { put(input_.number(1)); }
  void put4() { put(input_.number(4)); }
  void memoize() { put(memo_size_); }
  void get_line() { get(index_of_line()); }
  void get1() { get(input_.number(1)); }
  void get4() { get(input_.number(4)); }
  std::uint64_t index_of_line();

  // Numbers and strings.
  void none() { push({PickleKind::none, 0}); }
  void yes() { push({PickleKind::boolean, 1}); }
  void no() { push({PickleKind::boolean, 0}); }
  void int_line();
  void long_line();
  void int1() { push(PickleValue::of_integer(static_cast<std::int64_t>(input_.number(1)))); }
  void int2() { push(PickleValue::of_integer(static_cast<std::int64_t>(input_.number(2)))); }
  void int4() { push(PickleValue::of_integer(static_cast<std::int32_t>(input_.number(4)))); }
  void long1() { push(heap_.add_integer(input_.bytes(input_.number(1)))); }
  void long4();
  void real_line();
  void real8();
  std::string counted(unsigned length_bytes);
  void string_line();
  void string(std::string bytes);
  void string1() { string(counted(1)); }
  void string4() { string(counted(4)); }
  void unicode_line();
  void unicode(std::string text);
  void unicode1() { unicode(counted(1)); }
  void unicode4() { unicode(counted(4)); }
  void unicode8() { unicode(counted(8)); }
  void bytes(std::string value) { push(heap_.add_string(PickleKind::bytes, std::move(value))); }
  void bytes1() { bytes(counted(1)); }
  void bytes4() { bytes(counted(4)); }
  void bytes8() { bytes(counted(8)); }

  // Containers.
  void tuple_from(std::size_t first);
  void last_as_tuple(std::size_t objects);
  void tuple() { tuple_from(pop_mark()); }
  void empty_tuple() { tuple_from(stack_.size()); }
  void tuple1() { last_as_tuple(1); }
  void tuple2() { last_as_tuple(2); }
  void tuple3() { last_as_tuple(3); }
  void empty_list() { push(heap_.add_list(start_)); }
  void list();
  void append();
  void appends();
  void append_from(std::size_t first);
  void empty_dict() { push(heap_.add_dict(start_)); }
  void dict();
  void set_item();
  void set_items();
  void set_items_from(std::size_t first);

  // Classes and instances.
  void protocol();
  void frame();
  void global_lines();
  void stack_global();
  void global(std::string_view module, std::string_view name);
  void reduce();
  void new_object();
  void new_instance(PickleValue of);
  void build();

  void check_memory();
  [[noreturn]] void fail(std::string_view what) const;
  [[noreturn]] void fail_expected(std::string_view expected, PickleValue found) const;

  PickleInput& input_;
  PickleHeap& heap_;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  ChunkedVector<PickleValue> memo_;
  std::uint64_t memo_size_ = 0;  // without the holes
  std::uint64_t start_ = 0;      // offset of the opcode that runs
  char code_ = 0;                // that opcode
};

}  // namespace tmbpf
