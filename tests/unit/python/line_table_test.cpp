// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/line_table.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/python_interpreters.h"
#include "tests/support/python_name.h"
#include "tests/support/python_process.h"

namespace tmbpf {
namespace {

std::vector<std::byte> from_hex(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// Prints, for every code object of many standard modules: first line, table, and the line of each
// unit as co_lines() gives it (-1: none).
constexpr const char* kPrintTables = R"(
import glob, os, sysconfig, types
def codes(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from codes(const)
folder = sysconfig.get_paths()['stdlib']
for path in sorted(glob.glob(os.path.join(folder, '*.py')))[:80]:
    with open(path, 'rb') as f:
        source = f.read()
    for code in codes(compile(source, path, 'exec')):
        lines = []
        for start, end, line in code.co_lines():
            lines += [-1 if line is None else line] * ((end - start) // 2)
        print(code.co_firstlineno, code.co_linetable.hex() or '-', ','.join(map(str, lines)))
print('end')
)";

class LineTable : public testing::TestWithParam<PythonInterpreter> {};

TEST_P(LineTable, every_unit_of_the_standard_library_has_the_line_that_co_lines_gives) {
  PythonProcess python(GetParam().path, kPrintTables);
  std::size_t units = 0;
  for (std::string text = python.read_line(); text != "end"; text = python.read_line()) {
    std::istringstream fields(text);
    int firstlineno = 0;
    std::string hex;
    std::string lines;
    fields >> firstlineno >> hex >> lines;
    const auto table = from_hex(hex);
    std::istringstream each(lines);
    int offset = 0;
    for (std::string line; std::getline(each, line, ','); offset += 2, ++units) {
      ASSERT_EQ(line_of(table, firstlineno, offset), std::stoi(line)) << text << " at " << offset;
    }
    ASSERT_EQ(line_of(table, firstlineno, offset), std::nullopt) << "past the end of " << text;
  }
  EXPECT_EQ(python.finish(), 0);
  EXPECT_GT(units, 100000U);
}

INSTANTIATE_TEST_SUITE_P(Pythons, LineTable, testing::ValuesIn(supported_pythons()), python_name);

TEST(LineTableDamage, no_bytes_make_it_read_outside_or_loop) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::vector<std::byte> table(seed % 37);
    unsigned value = seed * 2654435761U;
    for (std::byte& byte : table) {
      value = value * 1664525U + 1013904223U;
      byte = static_cast<std::byte>(value >> 24);
    }
    for (int offset = -2; offset < 200; offset += 2) {
      const auto line = line_of(table, 1, offset);
      if (offset < 0) {
        EXPECT_EQ(line, 1);
      }
    }
  }
  EXPECT_EQ(line_of({}, 5, 0), std::nullopt);
}

}  // namespace
}  // namespace tmbpf
