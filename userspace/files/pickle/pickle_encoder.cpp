// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_encoder.h"

#include <bit>
#include <limits>

namespace tmbpf {
namespace {

constexpr std::size_t kBufferSize = 65536;

// Opcodes that only this file writes, since each has an argument of its own form.
constexpr unsigned kProto = 0x80;
constexpr unsigned kBinInt1 = 'K';
constexpr unsigned kBinInt2 = 'M';
constexpr unsigned kBinInt = 'J';
constexpr unsigned kLong1 = 0x8a;
constexpr unsigned kLong4 = 0x8b;
constexpr unsigned kBinFloat = 'G';
constexpr unsigned kShortBinBytes = 'C';
constexpr unsigned kBinBytes = 'B';
constexpr unsigned kBinBytes8 = 0x8e;
constexpr unsigned kShortBinUnicode = 0x8c;
constexpr unsigned kBinUnicode = 'X';
constexpr unsigned kBinUnicode8 = 0x8d;
constexpr unsigned kMemoize = 0x94;
constexpr unsigned kBinGet = 'h';
constexpr unsigned kLongBinGet = 'j';

}  // namespace

PickleEncoder::PickleEncoder(ByteSink& sink) : sink_(sink) {
  buffer_.reserve(2 * kBufferSize);
  put_byte(kProto);
  put_byte(4);
}

void PickleEncoder::put(PickleOp op) {
  put_byte(static_cast<unsigned>(op));
  flush_if_large();
}

void PickleEncoder::put_unsigned(std::uint64_t value) {
  if (value <= 0xff) {
    put_byte(kBinInt1);
    put_little_endian(value, 1);
  } else if (value <= 0xffff) {
    put_byte(kBinInt2);
    put_little_endian(value, 2);
  } else if (value <= 0x7fffffff) {
    put_byte(kBinInt);
    put_little_endian(value, 4);
  } else {
    // LONG1 is two's complement: the ninth byte keeps a set top bit from meaning "negative".
    put_byte(kLong1);
    put_byte(9);
    put_little_endian(value, 8);
    put_byte(0);
  }
}

void PickleEncoder::put_signed(std::int64_t value) {
  if (value >= 0) {
    put_unsigned(static_cast<std::uint64_t>(value));
  } else if (value >= std::numeric_limits<std::int32_t>::min()) {
    put_byte(kBinInt);
    put_little_endian(static_cast<std::uint64_t>(value), 4);
  } else {
    put_byte(kLong1);
    put_byte(8);
    put_little_endian(static_cast<std::uint64_t>(value), 8);
  }
}

void PickleEncoder::put_integer(std::string_view bytes) {
  const bool small = bytes.size() <= 0xff;
  put_byte(small ? kLong1 : kLong4);
  put_little_endian(bytes.size(), small ? 1 : 4);
  put_bytes_part(bytes);
}

void PickleEncoder::put_bytes(std::string_view bytes) {
  begin_bytes(bytes.size());
  put_bytes_part(bytes);
}

void PickleEncoder::begin_bytes(std::uint64_t size) {
  if (size <= 0xff) {
    put_byte(kShortBinBytes);
    put_little_endian(size, 1);
  } else if (size <= 0xffffffff) {
    put_byte(kBinBytes);
    put_little_endian(size, 4);
  } else {
    put_byte(kBinBytes8);
    put_little_endian(size, 8);
  }
}

void PickleEncoder::put_bytes_part(std::string_view part) {
  buffer_ += part;
  flush_if_large();
}

void PickleEncoder::put_float(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  put_byte(kBinFloat);
  for (unsigned i = 0; i < 8; ++i) {  // big-endian, unlike all else
    put_byte(static_cast<unsigned>((bits >> (56 - 8 * i)) & 0xffU));
  }
}

void PickleEncoder::put_text(std::string_view text) {
  if (text.size() <= 0xff) {
    put_byte(kShortBinUnicode);
    put_little_endian(text.size(), 1);
  } else if (text.size() <= 0xffffffff) {
    put_byte(kBinUnicode);
    put_little_endian(text.size(), 4);
  } else {
    put_byte(kBinUnicode8);
    put_little_endian(text.size(), 8);
  }
  buffer_ += text;
  flush_if_large();
}

PickleEncoder::MemoIndex PickleEncoder::memoize() {
  put_byte(kMemoize);
  return memo_size_++;
}

void PickleEncoder::put_memoized(MemoIndex index) {
  if (index <= 0xff) {
    put_byte(kBinGet);
    put_little_endian(index, 1);
  } else {
    put_byte(kLongBinGet);
    put_little_endian(index, 4);
  }
}

void PickleEncoder::finish() {
  put(PickleOp::stop);
  sink_.write(buffer_);
  buffer_.clear();
}

void PickleEncoder::put_little_endian(std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) {
    put_byte(static_cast<unsigned>((value >> (8 * i)) & 0xffU));
  }
}

void PickleEncoder::flush_if_large() {
  if (buffer_.size() >= kBufferSize) {
    sink_.write(buffer_);
    buffer_.clear();
  }
}

}  // namespace tmbpf
