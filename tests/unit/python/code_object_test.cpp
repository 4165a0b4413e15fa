// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/code_object.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace tmbpf {
namespace {

template <typename Char>
tmbpf_text text_of(const std::vector<Char>& characters) {
  tmbpf_text text{};
  text.length = characters.size();
  text.char_size = sizeof(Char);
  text.kept = static_cast<__u32>(characters.size() * sizeof(Char));
  std::memcpy(text.bytes, characters.data(), text.kept);
  return text;
}

TEST(DecodeText, latin_1_becomes_utf_8) {
  EXPECT_EQ(decode_text(text_of<std::uint8_t>({'a', 0xe9, '.', 'p', 'y'})), "a\xc3\xa9.py");
}

TEST(DecodeText, ucs_2_keeps_lone_surrogates_as_surrogatepass_does) {
  EXPECT_EQ(decode_text(text_of<std::uint16_t>({'a', 0xdc80, 0x20ac})),
            "a\xed\xb2\x80\xe2\x82\xac");
}

TEST(DecodeText, ucs_4_reaches_the_last_plane) {
  EXPECT_EQ(decode_text(text_of<std::uint32_t>({0x1f40d, 'x'})), "\xf0\x9f\x90\x8dx");
}

TEST(DecodeText, what_no_str_can_hold_is_replaced) {
  EXPECT_EQ(decode_text(text_of<std::uint32_t>({0x10ffff, 0x110000, 0xffffffff})),
            "\xf4\x8f\xbf\xbf\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(DecodeText, unreadable_or_damaged_text_is_empty_and_never_read_past_its_end) {
  tmbpf_text text{};
  text.char_size = 3;
  text.kept = 9;
  EXPECT_EQ(decode_text(text), "");
  text.char_size = 1;
  text.kept = 1U << 30;
  EXPECT_EQ(decode_text(text).size(), static_cast<std::size_t>(TMBPF_NAME_BYTES));
}

TEST(CodeObject, a_unit_without_a_line_or_past_a_cut_table_has_line_0) {
  CodeObject code{.firstlineno = 10};
  code.linetable = {std::byte{0x80 | 11 << 3 | 0}, std::byte{0}, std::byte{0},  // 1 unit, line + 1
                    std::byte{0x80 | 15 << 3 | 0}};                             // 1 unit, no line
  EXPECT_EQ(code.line(0), 11U);
  EXPECT_EQ(code.line(2), 0U);
  EXPECT_EQ(code.line(4), 0U);
}

TEST(CodeObject, each_version_has_its_own_table) {
  CodeObject code{.firstlineno = 10, .linetable = {std::byte{4}, std::byte{2}}, .complete = true};
  code.format = LineTableFormat::lnotab;  // from 4 on: 2 lines further
  EXPECT_EQ(code.line(2), 10U);
  EXPECT_EQ(code.line(4), 12U);
  code.format = LineTableFormat::linetable;  // up to 4: 2 lines further
  EXPECT_EQ(code.line(2), 12U);
  EXPECT_EQ(code.line(4), 0U);
}

TEST(CodeObject, code_that_has_not_begun_is_at_its_first_line) {
  CodeObject code{.firstlineno = 10};
  EXPECT_EQ(code.line(-1), 10U);
}

}  // namespace
}  // namespace tmbpf
