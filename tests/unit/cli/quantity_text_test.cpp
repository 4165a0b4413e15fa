// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/quantity_text.h"

#include <gtest/gtest.h>

#include "util/error.h"

namespace tmbpf::test {
namespace {

TEST(QuantityText, an_age_is_a_number_and_its_unit) {
  EXPECT_EQ(parse_age("30"), 30);
  EXPECT_EQ(parse_age("0.5s"), 0.5);
  EXPECT_EQ(parse_age("5m"), 300);
  EXPECT_EQ(parse_age("2h"), 7200);
  EXPECT_EQ(parse_age("1d"), 86400);
}

TEST(QuantityText, what_is_no_age_is_refused) {
  for (const char* text : {"", "s", "-1s", "5x", "nan", "1 s", "1ss"}) {
    EXPECT_THROW(parse_age(text), Error) << text;
  }
}

TEST(QuantityText, a_size_counts_in_units_of_1024) {
  EXPECT_EQ(parse_size("1"), 1U);
  EXPECT_EQ(parse_size("4096B"), 4096U);
  EXPECT_EQ(parse_size("512K"), 512U << 10U);
  EXPECT_EQ(parse_size("512k"), 512U << 10U);
  EXPECT_EQ(parse_size("10MB"), 10U << 20U);
  EXPECT_EQ(parse_size("1.5GiB"), std::uint64_t{3} << 29U);
  EXPECT_EQ(parse_size("2T"), std::uint64_t{2} << 40U);
}

TEST(QuantityText, what_is_no_size_is_refused) {
  for (const char* text :
       {"", "K", "B", "0", "0.5", "-1M", "10Q", "nan", "inf", "1e30G", "10 M", "ten"}) {
    try {
      parse_size(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), ExitStatus::usage) << text;
    }
  }
}

}  // namespace
}  // namespace tmbpf::test
