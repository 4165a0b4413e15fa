// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string_view>

#include "userspace/model/wtf8.h"

namespace tmbpf::test {
namespace {

TEST(Wtf8, AcceptsAllCodePointLengthsAndLoneSurrogates) {
  for (const std::string_view text :
       {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf"}) {
    EXPECT_TRUE(is_wtf8(text)) << testing::PrintToString(text);
    EXPECT_EQ(to_wtf8(text), text);
  }
}

TEST(Wtf8, RefusesOverlongTruncatedAndTooLargeSequences) {
  for (const std::string_view text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe6\x97", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe6\x41\x41", "\xf0\x9f\x90\x41"}) {
    EXPECT_FALSE(is_wtf8(text)) << testing::PrintToString(text);
    EXPECT_TRUE(is_wtf8(to_wtf8(text))) << testing::PrintToString(text);
  }
}

TEST(Wtf8, TurnsEachInvalidByteIntoTheSurrogateThatFsdecodeGives) {
  EXPECT_EQ(to_wtf8("a\xff z\x80"), "a\xed\xb3\xbf z\xed\xb2\x80");
  EXPECT_EQ(to_wtf8("\xe6\x97."), "\xed\xb3\xa6\xed\xb2\x97.");
}

TEST(Wtf8, KeepsEmbeddedZeroBytes) {
  const std::string_view text("a\0b", 3);
  EXPECT_TRUE(is_wtf8(text));
  EXPECT_EQ(to_wtf8(text), text);
}

}  // namespace
}  // namespace tmbpf::test
