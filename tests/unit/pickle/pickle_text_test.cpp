// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "userspace/files/pickle/pickle_names.h"

namespace tmbpf::test {
namespace {

using namespace std::string_literals;

TEST(PickleText, ReadsDecimalNumbersOfAnySize) {
  EXPECT_EQ(parse_integer("0"), "\0\0"s);
  EXPECT_EQ(parse_integer("-1"), "\xff\xff"s);
  EXPECT_EQ(parse_integer("+255"), "\xff\0"s);
  EXPECT_EQ(parse_integer("-256"), "\x00\xff\xff"s);
  EXPECT_EQ(parse_integer("65536"), "\0\0\x01\0"s);
  EXPECT_EQ(parse_integer("18446744073709551616"), "\0\0\0\0\0\0\0\0\x01\0"s);
  for (const std::string& other : {""s, "-"s, "1L"s, "0x1"s, " 1"s, std::string(1001, '1')}) {
    EXPECT_EQ(parse_integer(other), std::nullopt) << other;
  }
}

TEST(PickleText, ReadsWhatPythonWritesForFloats) {
  EXPECT_EQ(parse_real("0.1"), 0.1);
  EXPECT_EQ(parse_real("-1e+300"), -1e300);
  EXPECT_EQ(parse_real("inf"), HUGE_VAL);
  EXPECT_EQ(parse_real("-inf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(parse_real("nan").value_or(0)));
  EXPECT_EQ(parse_real(""), std::nullopt);
  EXPECT_EQ(parse_real("1.0x"), std::nullopt);
}

TEST(PickleText, ReadsPython2StringLiterals) {
  EXPECT_EQ(parse_string("'a.py'"), "a.py");
  EXPECT_EQ(parse_string("\"it's\""), "it's");
  EXPECT_EQ(parse_string(R"('\n\t\\\'\x41\xe9\101\0\q')"), "\n\t\\'A\xe9"s + "A\0\\q"s);
  for (const char* other : {"", "'", "a", "'a", "'a\"", R"('\x4')", R"('\xzz')", R"('\')"}) {
    EXPECT_EQ(parse_string(other), std::nullopt) << other;
  }
}

TEST(PickleText, ReadsUnicodeEscapes) {
  EXPECT_EQ(parse_unicode("a\xe9"), "a\xc3\xa9");
  EXPECT_EQ(parse_unicode(R"(\u20ac\U0001f40d\ud800)"), "\xe2\x82\xac\xf0\x9f\x90\x8d\xed\xa0\x80");
  EXPECT_EQ(parse_unicode(R"(a\nb\\c)"), R"(a\nb\\c)");
  EXPECT_EQ(parse_unicode(R"(\u12)"), std::nullopt);
  EXPECT_EQ(parse_unicode(R"(\U00110000)"), std::nullopt);
}

TEST(PickleText, SpellsAnyNameForAMetadataKey) {
  for (const std::string& name : {"pid"s, "a b=c%\n"s, "caf\xc3\xa9"s, "\0"s, ""s}) {
    EXPECT_EQ(decoded_name(encoded_name(name)), name);
    EXPECT_EQ(encoded_name(name).find_first_of(" =\n\0"s), std::string::npos);
  }
  for (const char* other : {"%", "%4", "%zz", "%41", "a b"}) {
    EXPECT_EQ(decoded_name(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace tmbpf::test
