// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/name_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "util/error.h"

namespace tmbpf::test {
namespace {

bool fits(const std::string& pattern, const std::vector<std::string>& words) {
  return NamePattern(pattern).matches(python_command(words));
}

const std::vector<std::string> kScript{"python3", "-u", "/srv/shop/manage.py", "runserver", "80"};
const std::vector<std::string> kModule{"python3", "-m", "shop.web", "--port=80"};

TEST(NamePattern, a_plain_word_means_the_scripts_or_modules_name) {
  EXPECT_TRUE(fits("manage.py", kScript));
  EXPECT_TRUE(fits("manage", kScript));
  EXPECT_TRUE(fits("/srv/shop/manage.py", kScript));
  EXPECT_TRUE(fits("shop.web", kModule));
  EXPECT_TRUE(fits("mana?e.p[xyz]", kScript));
  for (const char* other : {"manage.p", "Manage.py", "runserver", "python3", "shop", "web", "-u"}) {
    EXPECT_FALSE(fits(other, kScript)) << other;
    EXPECT_FALSE(fits(other, kModule)) << other;
  }
}

TEST(NamePattern, with_a_star_or_a_space_it_also_means_the_words_from_the_program_on) {
  EXPECT_TRUE(fits("*runserver*", kScript));
  EXPECT_TRUE(fits("/srv/shop/manage.py runserver 80", kScript));
  EXPECT_TRUE(fits("manage*", kScript));
  EXPECT_TRUE(fits("-m shop.web --port=8?", kModule));
  EXPECT_FALSE(fits("*python3*", kScript));
  EXPECT_FALSE(fits("manage.py runserver 80", kScript));
  EXPECT_FALSE(fits("-m shop.web", kModule));
}

TEST(NamePattern, it_is_held_against_what_the_list_shows) {
  EXPECT_TRUE(fits("a\\x1bb.py", {"python3",
                                  "a\x1b"
                                  "b.py"}));
  EXPECT_TRUE(fits("a?b", {"python3",
                           "a\xff"
                           "b"}));
}

TEST(NamePattern, an_empty_one_is_refused) {
  try {
    const NamePattern pattern{std::string()};
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), ExitStatus::usage);
  }
}

}  // namespace
}  // namespace tmbpf::test
