// SPDX-License-Identifier: Apache-2.0
// PickleDecoder's opcodes for numbers and strings.
#include <fmt/format.h>

#include <bit>
#include <limits>
#include <utility>

#include "userspace/files/pickle/pickle_decoder.h"
#include "userspace/files/pickle/pickle_text.h"
#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kAnyLength = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kNumberLine = kMostDigits + 2;  // with a sign and an L

}  // namespace

void PickleDecoder::int_line() {
  const std::string line = input_.line(kNumberLine);
  if (line == "00" || line == "01") {  // how protocols 0 and 1 write a bool
    push({PickleKind::boolean, line == "01" ? 1U : 0U});
    return;
  }
  const auto value = parse_integer(line);
  if (!value) {
    fail(fmt::format("{} is no integer", shown(line)));
  }
  push(heap_.add_integer(*value));
}

void PickleDecoder::long_line() {
  std::string line = input_.line(kNumberLine);
  if (line.ends_with('L')) {
    line.pop_back();
  }
  const auto value = parse_integer(line);
  if (!value) {
    fail(fmt::format("{} is no integer", shown(line)));
  }
  push(heap_.add_integer(*value));
}

void PickleDecoder::long4() {
  const std::uint64_t length = input_.number(4);
  if (length > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()) ||
      !input_.may_have(length)) {
    fail(fmt::format("an integer of {} bytes, the file has not so many left", length));
  }
  push(heap_.add_integer(input_.bytes(length)));
}

void PickleDecoder::real_line() {
  const std::string line = input_.line(kNumberLine);
  const auto value = parse_real(line);
  if (!value) {
    fail(fmt::format("{} is no number", shown(line)));
  }
  push(heap_.add_real(*value));
}

void PickleDecoder::real8() {
  std::uint64_t bits = 0;  // big-endian, unlike all else
  for (unsigned i = 0; i < 8; ++i) {
    bits = (bits << 8U) | input_.byte();
  }
  push(heap_.add_real(std::bit_cast<double>(bits)));
}

std::string PickleDecoder::counted(unsigned length_bytes) {
  const std::uint64_t length = input_.number(length_bytes);
  if (!input_.may_have(length)) {
    fail(fmt::format("a string of {} bytes, the file has not so many left", length));
  }
  return input_.bytes(length);
}

void PickleDecoder::string_line() {
  const std::string line = input_.line(kAnyLength);
  auto value = parse_string(line);
  if (!value) {
    fail(fmt::format("{} is no string literal", shown(line)));
  }
  string(*std::move(value));
}

void PickleDecoder::string(std::string bytes) {
  push(heap_.add_string(PickleKind::text, is_wtf8(bytes) ? std::move(bytes) : to_wtf8(bytes)));
}

void PickleDecoder::unicode_line() {
  const std::string line = input_.line(kAnyLength);
  auto text = parse_unicode(line);
  if (!text) {
    fail(fmt::format("{} has a broken \\u escape", shown(line)));
  }
  push(heap_.add_string(PickleKind::text, *std::move(text)));
}

void PickleDecoder::unicode(std::string text) {
  if (!is_wtf8(text)) {
    fail(fmt::format("{} is no UTF-8", shown(text)));
  }
  push(heap_.add_string(PickleKind::text, std::move(text)));
}

}  // namespace tmbpf
