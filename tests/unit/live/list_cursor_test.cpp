// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/list_cursor.h"

#include <gtest/gtest.h>

namespace tmbpf::test {
namespace {

class ListCursorTest : public testing::Test {
 protected:
  // Where the cursor and the window are after the key.
  std::pair<std::size_t, std::size_t> after(Key key) {
    EXPECT_TRUE(cursor_.press(key));
    cursor_.fit(100, 10);
    return {cursor_.selected(), cursor_.first()};
  }

  ListCursor cursor_;
};

using At = std::pair<std::size_t, std::size_t>;

TEST_F(ListCursorTest, the_window_follows_the_cursor) {
  cursor_.fit(100, 10);
  EXPECT_EQ(after(Key::up), At(0, 0));
  EXPECT_EQ(after(Key::down), At(1, 0));
  EXPECT_EQ(after(Key::page_down), At(11, 2));
  EXPECT_EQ(after(Key::up), At(10, 2));
  EXPECT_EQ(after(Key::page_up), At(0, 0));
  EXPECT_EQ(after(Key::end), At(99, 90));
  EXPECT_EQ(after(Key::down), At(99, 90));
  EXPECT_EQ(after(Key::up), At(98, 90));
  EXPECT_EQ(after(Key::home), At(0, 0));
}

TEST_F(ListCursorTest, it_stays_within_a_list_and_a_window_that_shrink) {
  cursor_.fit(100, 10);
  after(Key::end);
  cursor_.fit(50, 4);
  EXPECT_EQ(At(cursor_.selected(), cursor_.first()), At(49, 46));
  cursor_.fit(3, 4);
  EXPECT_EQ(At(cursor_.selected(), cursor_.first()), At(2, 0));
  cursor_.fit(0, 0);
  EXPECT_EQ(At(cursor_.selected(), cursor_.first()), At(0, 0));
}

TEST_F(ListCursorTest, other_keys_are_not_its) {
  EXPECT_FALSE(cursor_.press(Key::enter));
  EXPECT_FALSE(cursor_.press(key_of('j')));
}

}  // namespace
}  // namespace tmbpf::test
