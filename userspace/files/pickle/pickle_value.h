// SPDX-License-Identifier: Apache-2.0
// One object of a pickle being read, in 8 bytes: small ones as they are, others as an index into a
// PickleHeap. What tracemalloc writes millions of times has kinds of its own.
#pragma once

#include <cstdint>

namespace tmbpf {

enum class PickleKind : std::uint8_t {
  absent,        // no object: a hole in the memo
  none,          //
  boolean,       //
  integer,       // within kMinInteger..kMaxInteger
  long_integer,  // any other
  real,
  text,   // str; Python 2's str too
  bytes,  // Python 3's bytes
  tuple,
  list,
  dict,
  frame,      // a tuple (filename, lineno)
  traceback,  // a tuple of one or more frames
  trace,  // a tuple (size, traceback), (domain, size, traceback) or the latter with total_nframe
  global,
  instance,
};

class PickleValue {
 public:
  static constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 59) - 1;
  static constexpr std::int64_t kMinInteger = -kMaxInteger - 1;

  constexpr PickleValue() = default;
  constexpr PickleValue(PickleKind kind, std::uint64_t payload)
      : bits_((payload << kKindBits) | static_cast<std::uint64_t>(kind)) {}
  static constexpr PickleValue of_integer(std::int64_t value) {
    return {PickleKind::integer, static_cast<std::uint64_t>(value)};
  }

  [[nodiscard]] constexpr PickleKind kind() const { return PickleKind(bits_ & kKindMask); }
  [[nodiscard]] constexpr bool is(PickleKind kind) const { return this->kind() == kind; }
  // Index in the heap; 0 or 1 for boolean.
  [[nodiscard]] constexpr std::uint64_t payload() const { return bits_ >> kKindBits; }
  // Of PickleKind::integer.
  [[nodiscard]] constexpr std::int64_t integer() const {
    return static_cast<std::int64_t>(bits_) >> kKindBits;
  }

 private:
  static constexpr unsigned kKindBits = 4;
  static constexpr std::uint64_t kKindMask = 0xf;

  std::uint64_t bits_ = 0;
};

static_assert(sizeof(PickleValue) == 8);

}  // namespace tmbpf
