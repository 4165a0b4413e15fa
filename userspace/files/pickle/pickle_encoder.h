// SPDX-License-Identifier: Apache-2.0
// Builds a pickle of protocol 4, one opcode at a time. Opcodes and their arguments: CPython's
// Lib/pickletools.py. Knows nothing of what is pickled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/files/byte_sink.h"

namespace tmbpf {

enum class PickleOp : unsigned char {
  mark = '(',
  stop = '.',
  append = 'a',
  appends = 'e',
  build = 'b',
  empty_dict = '}',
  empty_list = ']',
  empty_tuple = ')',
  set_items = 'u',
  set_item = 's',
  none = 'N',
  yes = 0x88,
  no = 0x89,
  tuple = 't',
  tuple2 = 0x86,
  tuple3 = 0x87,
  new_object = 0x81,
  stack_global = 0x93,
};

class PickleEncoder {
 public:
  // Place of an object in the reader's memo.
  using MemoIndex = std::uint32_t;

  // Writes the header. `sink` must outlive this.
  explicit PickleEncoder(ByteSink& sink);

  void put(PickleOp op);
  void put_unsigned(std::uint64_t value);
  void put_signed(std::int64_t value);
  // Two's complement, little-endian, of any length.
  void put_integer(std::string_view bytes);
  void put_float(double value);
  void put_bytes(std::string_view bytes);
  // So many bytes follow, by put_bytes_part().
  void begin_bytes(std::uint64_t size);
  void put_bytes_part(std::string_view part);
  // `text` must be WTF-8.
  void put_text(std::string_view text);
  // Remembers the object just built.
  MemoIndex memoize();
  void put_memoized(MemoIndex index);
  // Writes STOP and hands the rest to the sink; last call.
  void finish();

 private:
  void put_byte(unsigned value) { buffer_ += static_cast<char>(value); }
  void put_little_endian(std::uint64_t value, unsigned bytes);
  void flush_if_large();

  ByteSink& sink_;
  std::string buffer_;
  MemoIndex memo_size_ = 0;
};

}  // namespace tmbpf
