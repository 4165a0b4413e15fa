// SPDX-License-Identifier: Apache-2.0
// The bytes of a pickle, through a buffer, with the arguments that its opcodes have.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/files/byte_source.h"

namespace tmbpf {

class PickleInput {
 public:
  // `source` must outlive this.
  explicit PickleInput(ByteSource& source);

  // Offset of the next byte.
  [[nodiscard]] std::uint64_t position() const { return base_ + next_; }
  // Whether at least `size` more bytes may come; true when the source's size is not known.
  [[nodiscard]] bool may_have(std::uint64_t size) const;
  [[nodiscard]] const std::string& name() const { return source_.name(); }

  // All throw Error for an early end, naming the offset.
  unsigned byte() {
    if (next_ == end_) {
      refill();
    }
    return static_cast<unsigned char>(buffer_[next_++]);
  }
  // Little-endian, 1 to 8 bytes.
  std::uint64_t number(unsigned bytes) {
    std::uint64_t value = 0;
    if (end_ - next_ >= sizeof(value)) {
      static_assert(std::endian::native == std::endian::little);
      std::memcpy(&value, buffer_.data() + next_, sizeof(value));
      next_ += bytes;
      return bytes == sizeof(value) ? value : value & ((std::uint64_t{1} << (8 * bytes)) - 1);
    }
    for (unsigned i = 0; i < bytes; ++i) {
      value |= std::uint64_t{byte()} << (8 * i);
    }
    return value;
  }
  // Takes memory only for bytes that are there, whatever `size` says.
  std::string bytes(std::uint64_t size);
  // Up to the next newline, which is taken but not returned. At most `limit` bytes.
  std::string line(std::uint64_t limit);

  // Throws Error: "cannot read NAME: byte OFFSET: WHAT".
  [[noreturn]] void fail(std::uint64_t offset, std::string_view what) const;

 private:
  void refill();

  ByteSource& source_;
  std::vector<char> buffer_;
  std::uint64_t base_ = 0;  // offset of the buffer's first byte
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

// Bytes of a file as part of a message: one line, no control characters, not too long.
std::string shown(std::string_view text);

}  // namespace tmbpf
