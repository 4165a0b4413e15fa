// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/line_table.h"

namespace tmbpf {
namespace {

// enum _PyCodeLocationInfoKind (Include/cpython/code.h, 3.11)
enum LocationKind { kOneLine0 = 10, kOneLine2 = 12, kNoColumns = 13, kLong = 14, kNone = 15 };

constexpr int kCodeUnit = 2;  // bytes

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

int line_delta(int kind, std::span<const std::byte> operands) {
  if (kind >= kOneLine0 && kind <= kOneLine2) {
    return kind - kOneLine0;
  }
  return kind == kNoColumns || kind == kLong ? read_signed_varint(operands) : 0;
}

bool starts_entry(std::byte byte) { return (std::to_integer<unsigned>(byte) & 0x80U) != 0; }

}  // namespace

std::optional<int> line_of(std::span<const std::byte> linetable, int firstlineno, int offset) {
  if (offset < 0) {
    return firstlineno;
  }
  int computed = firstlineno;
  int end = 0;
  for (std::size_t at = 0; at < linetable.size();) {
    const auto first = std::to_integer<unsigned>(linetable[at]);
    std::size_t next = at + 1;
    while (next < linetable.size() && !starts_entry(linetable[next])) {
      ++next;
    }
    const int kind = static_cast<int>(first >> 3 & 15U);
    computed += line_delta(kind, linetable.subspan(at + 1, next - at - 1));
    end += static_cast<int>((first & 7U) + 1) * kCodeUnit;
    if (offset < end) {
      return kind == kNone ? -1 : computed;
    }
    at = next;
  }
  return std::nullopt;
}

}  // namespace tmbpf
