// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/line_table.h"

#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <sstream>
#include <string>
#include <vector>

#include "symbols/python/python_layout.h"
#include "tests/support/python_interpreters.h"
#include "tests/support/python_name.h"
#include "tests/support/python_process.h"

namespace tmbpf {
namespace {

constexpr std::array kFormats{LineTableFormat::lnotab, LineTableFormat::linetable,
                              LineTableFormat::locations};

std::vector<std::byte> from_hex(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// Prints, for every code object of many standard modules and of some odd sources: first line,
// table, and the line of each unit as PyCode_Addr2Line gives it.
constexpr const char* kPrintTables = R"(
import ast, ctypes, glob, os, sysconfig, types
addr2line = ctypes.pythonapi.PyCode_Addr2Line
addr2line.argtypes = [ctypes.py_object, ctypes.c_int]
def codes(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from codes(const)
def show(code):
    for each in codes(code):
        table = getattr(each, 'co_linetable', None)
        if table is None:
            table = each.co_lnotab
        lines = [addr2line(each, offset) for offset in range(0, len(each.co_code), 2)]
        print(each.co_firstlineno, table.hex() or '-', ','.join(map(str, lines)))
folder = sysconfig.get_paths()['stdlib']
for path in sorted(glob.glob(os.path.join(folder, '*.py')))[:60]:
    with open(path, 'rb') as f:
        source = f.read()
    show(compile(source, path, 'exec'))

blocks = '''
def f(a, b):
    with open(a) as x, open(b) as y:
        try:
            for i in x:
                if i: continue
                yield (i,
                       b)
        except (ValueError,
                TypeError) as e:
            raise
        finally:
            del a
    while True:
        if a: break
    async def g():
        async with a as b:
            return [await c async for c in b]
'''
show(compile(blocks, 'blocks', 'exec'))
one_line = 'x = [' + ', '.join('a%d + b' % i for i in range(300)) + ']'
show(compile(one_line, 'long', 'exec'))
for gap in (1, 126, 127, 128, 129, 254, 255, 256, 300, 5000, 100000):
    empty = '\n' * gap
    show(compile('a = 1' + empty + 'f(b,' + empty + 'c,' + empty + 'd)\n', 'gap', 'exec'))
    show(compile('@a(' + empty + ')' + '\ndef f():' + empty + '  return 1', 'gap', 'exec'))
    for way in (1, -1):
        tree = ast.parse('a\nb\nc\n' + one_line)
        for i, each in enumerate(tree.body):
            for node in ast.walk(each):
                if hasattr(node, 'lineno'):
                    node.lineno = node.end_lineno = 400000 + way * i * gap
        show(compile(tree, 'tree', 'exec'))
print('end')
)";

struct Seen {
  std::size_t units = 0;
  std::size_t steps_back = 0;  // units before which the line goes down
  std::size_t far_steps = 0;   // or changes by more than a signed byte holds
  std::size_t no_line = 0;
};

// Compares the line of each unit with `lines`, separated by commas.
void compare(LineTableFormat format, const std::vector<std::byte>& table, int firstlineno,
             const std::string& lines, Seen& seen) {
  std::istringstream each(lines);
  int offset = 0;
  int before = firstlineno;
  for (std::string line; std::getline(each, line, ','); offset += 2, ++seen.units) {
    const int expected = std::stoi(line);
    ASSERT_EQ(line_of(format, table, firstlineno, offset), expected) << " at " << offset;
    ASSERT_EQ(line_of(format, table, firstlineno, offset + 1), expected) << " at " << offset + 1;
    seen.no_line += expected < 0 ? 1 : 0;
    if (expected >= 0) {
      seen.steps_back += expected < before ? 1 : 0;
      seen.far_steps += std::abs(expected - before) > 127 ? 1 : 0;
      before = expected;
    }
  }
  const auto past_the_end =
      format == LineTableFormat::lnotab ? std::optional(before) : std::nullopt;
  ASSERT_EQ(line_of(format, table, firstlineno, offset), past_the_end);
  ASSERT_EQ(line_of(format, table, firstlineno, -1), firstlineno);
}

class LineTable : public testing::TestWithParam<PythonInterpreter> {};

TEST_P(LineTable, every_unit_of_the_standard_library_has_the_line_that_the_interpreter_gives) {
  int minor = 0;
  ASSERT_EQ(std::sscanf(GetParam().version.c_str(), "3.%d", &minor), 1);
  const LineTableFormat format = python_layout({.major = 3, .minor = minor})->line_table;
  PythonProcess python(GetParam().path, kPrintTables);
  Seen seen;
  for (std::string text = python.read_line(); text != "end"; text = python.read_line()) {
    std::istringstream fields(text);
    int firstlineno = 0;
    std::string hex;
    std::string lines;
    fields >> firstlineno >> hex >> lines;
    ASSERT_NO_FATAL_FAILURE(compare(format, from_hex(hex), firstlineno, lines, seen))
        << text.substr(0, 200);
  }
  EXPECT_EQ(python.finish(), 0);
  EXPECT_GT(seen.units, 100000U);
  EXPECT_GT(seen.steps_back, 500U);
  EXPECT_GT(seen.far_steps, 50U);
  EXPECT_EQ(seen.no_line > 0, format != LineTableFormat::lnotab);
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
    for (const LineTableFormat format : kFormats) {
      EXPECT_EQ(line_of(format, table, 1, -2), 1);
      for (int offset = 0; offset < 200; offset += 2) {
        const auto line = line_of(format, table, INT_MAX, offset);
        EXPECT_EQ(line, line_of(format, table, INT_MAX, offset));
      }
    }
  }
}

TEST(LineTableDamage, an_empty_table_has_a_line_only_where_the_last_one_holds_to_the_end) {
  EXPECT_EQ(line_of(LineTableFormat::lnotab, {}, 5, 0), 5);
  EXPECT_EQ(line_of(LineTableFormat::linetable, {}, 5, 0), std::nullopt);
  EXPECT_EQ(line_of(LineTableFormat::locations, {}, 5, 0), std::nullopt);
}

TEST(LineTableDamage, a_cut_lnotab_has_no_line_behind_its_last_address) {
  const std::array lnotab{std::byte{0}, std::byte{1}, std::byte{4}, std::byte{1}};
  EXPECT_EQ(line_of(LineTableFormat::lnotab, lnotab, 5, 2, false), 6);
  EXPECT_EQ(line_of(LineTableFormat::lnotab, lnotab, 5, 4, false), std::nullopt);
  EXPECT_EQ(line_of(LineTableFormat::lnotab, lnotab, 5, 4), 7);
}

}  // namespace
}  // namespace tmbpf
