// SPDX-License-Identifier: Apache-2.0
// Input: format, first line, offset, whether the table is whole; the table.
#include <cstdint>
#include <cstdlib>

#include "symbols/python/code_object.h"
#include "symbols/python/line_table.h"
#include "tests/fuzz/byte_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tmbpf;
  ByteInput input(data, size);
  const auto format = static_cast<LineTableFormat>(input.number<std::uint8_t>() % 3);
  const int firstlineno = input.number<int>();
  const int offset = input.number<int>();
  const bool whole = input.number<std::uint8_t>() % 2 != 0;
  const auto table = input.rest();
  const auto line = line_of(format, table, firstlineno, offset, whole);
  const CodeObject code{.firstlineno = firstlineno,
                        .format = format,
                        .linetable = {table.begin(), table.end()},
                        .complete = whole};
  if (code.line(offset) != static_cast<std::uint32_t>(std::max(line.value_or(0), 0))) {
    std::abort();
  }
  return 0;
}
