// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/line_table.h"

namespace tmbpf {
namespace {

int signed_byte(std::byte byte) {
  const int value = std::to_integer<int>(byte);
  return value < 128 ? value : value - 256;
}

// enum _PyCodeLocationInfoKind (Include/cpython/code.h, 3.11)
enum LocationKind { kOneLine0 = 10, kOneLine2 = 12, kNoColumns = 13, kLong = 14, kNone = 15 };

constexpr int kCodeUnit = 2;    // bytes
constexpr int kNoLine = -1;     // what PyCode_Addr2Line gives where there is none
constexpr int kNoDelta = -128;  // 3.10: the range has no line

// A signed varint of 6 bits a byte, lowest first; bit 6 says that more follow.
int read_signed_varint(std::span<const std::byte> bytes) {
  unsigned value = 0;
  unsigned shift = 0;
  for (const std::byte byte : bytes) {
    const auto bits = std::to_integer<unsigned>(byte);
    if (shift < 32) {
      value |= (bits & 63U) << shift;
    }
    shift += 6;
    if ((bits & 64U) == 0) {
      break;
    }
  }
  const int magnitude = static_cast<int>(value >> 1);
  return (value & 1U) != 0 ? -magnitude : magnitude;
}

// Damaged tables may add up to anything: wraps instead of overflowing.
int moved(int line, int delta) {
  return static_cast<int>(static_cast<unsigned>(line) + static_cast<unsigned>(delta));
}

int line_delta(int kind, std::span<const std::byte> operands) {
  if (kind >= kOneLine0 && kind <= kOneLine2) {
    return kind - kOneLine0;
  }
  return kind == kNoColumns || kind == kLong ? read_signed_varint(operands) : 0;
}

bool starts_entry(std::byte byte) { return (std::to_integer<unsigned>(byte) & 0x80U) != 0; }

// Pairs of an unsigned address delta and a signed line delta; a line holds from its address on.
// The last one holds to the end of the code, which the table does not tell.
std::optional<int> line_in_lnotab(std::span<const std::byte> table, int line, int offset,
                                  bool whole) {
  int address = 0;
  for (std::size_t at = 0; at + 1 < table.size(); at += 2) {
    address += std::to_integer<int>(table[at]);
    if (address > offset) {
      return line;
    }
    line = moved(line, signed_byte(table[at + 1]));
  }
  return whole ? std::optional(line) : std::nullopt;
}

// Pairs of an unsigned length and a signed line delta: the lines of ranges side by side.
std::optional<int> line_in_linetable(std::span<const std::byte> table, int line, int offset) {
  int end = 0;
  for (std::size_t at = 0; at + 1 < table.size(); at += 2) {
    const int delta = signed_byte(table[at + 1]);
    line = delta == kNoDelta ? line : moved(line, delta);
    end += std::to_integer<int>(table[at]);
    if (offset < end) {
      return delta == kNoDelta ? kNoLine : line;
    }
  }
  return std::nullopt;
}

std::optional<int> line_in_locations(std::span<const std::byte> table, int line, int offset) {
  int end = 0;
  for (std::size_t at = 0; at < table.size();) {
    const auto first = std::to_integer<unsigned>(table[at]);
    std::size_t next = at + 1;
    while (next < table.size() && !starts_entry(table[next])) {
      ++next;
    }
    const int kind = static_cast<int>(first >> 3 & 15U);
    line = moved(line, line_delta(kind, table.subspan(at + 1, next - at - 1)));
    end += static_cast<int>((first & 7U) + 1) * kCodeUnit;
    if (offset < end) {
      return kind == kNone ? kNoLine : line;
    }
    at = next;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> line_of(LineTableFormat format, std::span<const std::byte> table,
                           int firstlineno, int offset, bool whole) {
  if (offset < 0) {
    return firstlineno;
  }
  switch (format) {
    case LineTableFormat::lnotab:
      return line_in_lnotab(table, firstlineno, offset, whole);
    case LineTableFormat::linetable:
      return line_in_linetable(table, firstlineno, offset);
    case LineTableFormat::locations:
      return line_in_locations(table, firstlineno, offset);
  }
  return std::nullopt;
}

}  // namespace tmbpf
