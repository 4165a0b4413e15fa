// SPDX-License-Identifier: Apache-2.0
// Where a reader's bytes come from, in pieces from front to end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tmbpf {

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ByteSource(ByteSource&&) = delete;
  ByteSource& operator=(ByteSource&&) = delete;
  virtual ~ByteSource() = default;

  // Fills a part of `buffer` (not empty) from its front and returns how much; 0 only at the end.
  // Readers call it with large buffers: it need not keep one. Throws Error naming name().
  virtual std::size_t read(std::span<char> buffer) = 0;
  // Bytes from the first to the last, for progress; nothing when not known (a pipe).
  [[nodiscard]] virtual std::optional<std::uint64_t> total() const = 0;
  // Back to the first byte. Throws Error where that is not possible (a pipe).
  virtual void rewind() = 0;
  // For messages: the path.
  [[nodiscard]] virtual const std::string& name() const = 0;
};

}  // namespace tmbpf
