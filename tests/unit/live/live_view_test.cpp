// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/live_view.h"

#include <gtest/gtest.h>

#include "tests/unit/live/imagined_shop.h"
#include "userspace/view/human_text.h"

namespace tmbpf::test {
namespace {

class LiveViewTest : public testing::Test {
 protected:
  LiveViewTest() {
    take(42, {});
    take(42, {.cached = 8, .parsed = 10});
  }

  static LiveProcess process(int pid) {
    return {.pid = pid, .command = "python3", .traced = 6300, .resident = 8900, .state = "tracing"};
  }

  // A refresh in which the chosen process is `pid`.
  void take(int pid, const ShopBlocks& blocks) {
    time_ += 1;
    view_.take(processes_, time_);
    ASSERT_EQ(view_.chosen(), pid);
    if (!view_.paused()) {
      view_.take((pid == 42 ? shop_ : other_).snapshot(blocks), ImaginedShop::totals(pid), time_);
    }
  }

  LiveWish press(std::string_view keys) {
    LiveWish wish = LiveWish::none;
    for (const char key : keys) {
      wish = view_.press(key_of(static_cast<char32_t>(key)));
    }
    return wish;
  }

  ScreenLines lines(std::size_t width = 100, std::size_t height = 30) {
    return view_.lines(width, height);
  }
  // The row of the cursor.
  std::string selected() {
    for (const ScreenLine& line : lines()) {
      if (line.style == LineStyle::selected) {
        return line.text;
      }
    }
    return "";
  }

  ImaginedShop shop_;
  ImaginedShop other_;
  double time_ = 1000;
  std::vector<LiveProcess> processes_{process(42)};
  LiveView view_{{}, true, [](int pid, std::string_view filename, std::uint32_t lineno) {
                   return filename.ends_with("cache.py")
                              ? std::optional(std::string("\tstored\tin ") + std::to_string(pid) +
                                              " line " + std::to_string(lineno))
                              : std::nullopt;
                 }};
};

TEST_F(LiveViewTest, the_first_page_lists_the_lines_that_hold_most) {
  EXPECT_EQ(lines()[6].text, "by line | sorted by size");
  EXPECT_EQ(selected(),
            "  1    8000 B  86.0 %       8    1000 B  /srv/shop/cache.py:10                    "
            "         Cache.put");
  EXPECT_TRUE(lines().back().text.starts_with("q quit  ? help  Enter open"));
  EXPECT_EQ(lines().size(), 30U);
}

TEST_F(LiveViewTest, keys_choose_what_is_grouped_by) {
  for (const auto& [key, title] : {std::pair('f', "by file |"),
                                   {'u', "by function |"},
                                   {'t', "by traceback |"},
                                   {'l', "by line |"}}) {
    press(std::string(1, key));
    EXPECT_NE(line_with(lines(), title), "") << key;
  }
  press("ggg");
  EXPECT_NE(line_with(lines(), "by traceback |"), "");
  press("g");
  EXPECT_NE(line_with(lines(), "by line |"), "");
}

TEST_F(LiveViewTest, cumulative_has_three_states_and_tracebacks_have_none) {
  press("fC");
  EXPECT_NE(selected().find("/srv/shop/main.py"), std::string::npos);
  EXPECT_NE(line_with(lines(), "by file, cumulative |"), "");
  press("C");
  EXPECT_NE(line_with(lines(), "each block once |"), "");
  press("t");
  EXPECT_EQ(lines().back().text, "tracebacks are not cumulative");
  EXPECT_EQ(view_.choice().cumulative, Cumulative::no);
  press("C");
  EXPECT_EQ(lines().back().text, "tracebacks are not cumulative");
}

TEST_F(LiveViewTest, keys_choose_what_is_sorted_by) {
  press("2");
  EXPECT_NE(selected().find("decoder.py"), std::string::npos);
  EXPECT_NE(line_with(lines(), "sorted by count"), "");
  press("3");
  EXPECT_NE(selected().find("cache.py"), std::string::npos);
  press("4");
  EXPECT_NE(line_with(lines(), "sorted by difference in size | compared with 1 s ago"), "");
  EXPECT_NE(selected().find("+4000 B"), std::string::npos);
  press("o");
  EXPECT_NE(line_with(lines(), "sorted by difference in count"), "");
  press("1");
  EXPECT_NE(line_with(lines(), "sorted by size"), "");
}

TEST_F(LiveViewTest, a_filter_is_applied_while_it_is_typed) {
  press("/js");
  EXPECT_EQ(lines().back().text, "/js_");
  EXPECT_NE(selected().find("decoder.py"), std::string::npos);
  EXPECT_TRUE(line_with(lines(), "by line").starts_with("filter js leaves 1000 B in 10 blocks | "));
  press("q");
  EXPECT_NE(line_with(lines(), "no traced block fits the filter"), "");
  view_.press(Key::backspace);
  view_.press(Key::backspace);
  view_.press(Key::backspace);
  press("!cache !decoder");
  view_.press(Key::enter);
  EXPECT_NE(selected().find("log.py"), std::string::npos);
  EXPECT_TRUE(lines().back().text.starts_with("q quit"));
  view_.press(Key::escape);
  EXPECT_EQ(view_.choice().filter, "");
  press("/xyz");
  view_.press(Key::escape);
  EXPECT_NE(selected().find("cache.py"), std::string::npos);
}

TEST_F(LiveViewTest, the_cursor_stays_on_its_group_once_it_was_moved) {
  view_.press(Key::down);
  EXPECT_NE(selected().find("  2    1000 B"), std::string::npos);
  take(42, {.cached = 4, .parsed = 100});
  EXPECT_NE(selected().find("  1"), std::string::npos);
  EXPECT_NE(selected().find("decoder.py"), std::string::npos);
  view_.press(Key::home);
  take(42, {});
  EXPECT_NE(selected().find("cache.py"), std::string::npos);
}

TEST_F(LiveViewTest, enter_opens_the_tracebacks_with_their_source) {
  view_.press(Key::enter);
  const ScreenLines page = lines();
  EXPECT_NE(line_with(page, "8000 B in 8 blocks, 2 tracebacks"), "");
  EXPECT_NE(line_with(page, "#1: 6000 B in 6 blocks"), "");
  EXPECT_EQ(line_with(page, "cache.py\", line"),
            "  File \"/srv/shop/cache.py\", line 10, in Cache.put");
  EXPECT_EQ(line_with(page, "stored"), "    stored in 42 line 10");
  take(42, {.cached = 16});
  EXPECT_NE(line_with(lines(), "#1: 11.7 KiB in 12 blocks"), "");
  EXPECT_NE(line_with(lines(60, 16), "more lines"), "");
  for (const Key back : {Key::escape, Key::backspace}) {
    view_.press(back);
    EXPECT_EQ(line_with(lines(), "tracebacks"), "");
    view_.press(Key::enter);
  }
}

TEST_F(LiveViewTest, a_narrow_screen_shortens_paths_and_keeps_lines) {
  view_.press(Key::enter);
  EXPECT_NE(line_with(lines(44, 24), ", line 10, in Cache.put"), "");
}

TEST_F(LiveViewTest, what_is_there_is_compared_with_the_refresh_before_or_a_baseline) {
  press("c");
  EXPECT_NE(selected().find("+4000 B"), std::string::npos);
  press("c");
  EXPECT_EQ(selected().find('+'), std::string::npos);
  press("b");
  EXPECT_EQ(lines().back().text, "this is the baseline now");
  EXPECT_NE(selected().find("+0 B"), std::string::npos);
  take(42, {.cached = 9});
  take(42, {.cached = 10});
  EXPECT_NE(selected().find("+2000 B"), std::string::npos);
  EXPECT_NE(line_with(lines(), "compared with the baseline of 2 s ago"), "");
}

TEST_F(LiveViewTest, a_pause_keeps_what_is_shown) {
  EXPECT_EQ(press(" "), LiveWish::none);
  take(42, {.cached = 100});
  EXPECT_NE(line_with(lines(), "PAUSED | by line"), "");
  EXPECT_NE(selected().find("8000 B"), std::string::npos);
  press("f");
  EXPECT_NE(selected().find("8000 B"), std::string::npos);
  EXPECT_EQ(press(" "), LiveWish::refresh);
  EXPECT_FALSE(view_.paused());
}

TEST_F(LiveViewTest, help_and_information_fill_the_screen) {
  for (const char key : {'?', 'h'}) {
    press(std::string(1, key));
    EXPECT_NE(line_with(lines(80, 24), "write a snapshot"), "");
    EXPECT_NE(line_with(lines(80, 24), "Ctrl-Z suspends"), "");
    for (const ScreenLine& line : lines(80, 24)) {
      EXPECT_LE(text_width(line.text), 80U);
      EXPECT_FALSE(line.text.ends_with("...")) << line.text;
    }
    view_.press(Key::escape);
  }
  press("i");
  EXPECT_NE(line_with(lines(80, 10), "tracer memory 32.4 MiB"), "");
  press("i");
  EXPECT_NE(selected(), "");
}

TEST_F(LiveViewTest, wishes_are_told) {
  EXPECT_EQ(press("q"), LiveWish::quit);
  EXPECT_EQ(press("Q"), LiveWish::quit);
  EXPECT_EQ(press("s"), LiveWish::snapshot);
  EXPECT_EQ(press("r"), LiveWish::refresh);
  EXPECT_EQ(press("xyz"), LiveWish::none);
  view_.press(Key::enter);
  EXPECT_EQ(press("q"), LiveWish::quit);
}

TEST_F(LiveViewTest, the_memory_over_time_can_be_hidden) {
  EXPECT_NE(line_with(lines(), "traced ▁"), "");
  press("m");
  EXPECT_EQ(line_with(lines(), "traced ▁"), "");
}

TEST_F(LiveViewTest, a_message_goes_with_the_next_key_or_after_a_while) {
  view_.say("written: \x1b");
  EXPECT_EQ(lines().back().text, "written: \\x1b");
  view_.press(Key::down);
  EXPECT_TRUE(lines().back().text.starts_with("q quit"));
  view_.say("written");
  for (int i = 0; i < 20; ++i) {
    take(42, {});
  }
  EXPECT_TRUE(lines().back().text.starts_with("q quit"));
}

TEST_F(LiveViewTest, processes_are_rows_to_choose_from) {
  EXPECT_EQ(press("n"), LiveWish::none);
  EXPECT_EQ(lines().back().text, "there is no other process");
  processes_.push_back(process(43));
  processes_.push_back(process(44));
  take(42, {});
  EXPECT_EQ(lines()[0].text, "process 1 of 3: pid 42: python3 (CPython 3.11.2)");
  EXPECT_EQ(press("p"), LiveWish::refresh);
  EXPECT_EQ(view_.chosen(), 44);
  EXPECT_NE(line_with(lines(), "waiting for the first numbers"), "");
  press("n");
  press("P");
  EXPECT_EQ(selected().substr(0, 29), "     42     6300 B     8900 B");
  view_.press(Key::down);
  EXPECT_EQ(view_.press(Key::enter), LiveWish::refresh);
  take(43, {.cached = 40});
  EXPECT_EQ(lines()[0].text, "process 2 of 3: pid 43: python3 (CPython 3.11.2)");
  EXPECT_NE(selected().find("39.1 KiB"), std::string::npos);
  view_.press(Key::tab);
  EXPECT_NE(line_with(lines(), "PID     Traced"), "");
}

TEST_F(LiveViewTest, another_is_chosen_when_the_chosen_one_is_gone) {
  processes_ = {process(43)};
  view_.press(Key::enter);
  take(43, {});
  EXPECT_EQ(line_with(lines(), "tracebacks"), "");
  EXPECT_NE(selected(), "");
  processes_.clear();
  view_.take(processes_, time_ + 1);
  EXPECT_EQ(view_.chosen(), 0);
  EXPECT_EQ(lines().size(), 30U);
}

TEST_F(LiveViewTest, every_size_is_kept_to_on_every_page) {
  processes_.push_back(process(43));
  for (const char* page : {"", "c", "?", "i", "P", "\r", "/abc"}) {
    LiveView fresh({}, true, {});
    fresh.take(processes_, 1);
    fresh.take(shop_.snapshot(), ImaginedShop::totals(), 1);
    for (const char* key = page; *key != '\0'; ++key) {
      fresh.press(*key == '\r' ? Key::enter : key_of(static_cast<char32_t>(*key)));
    }
    for (std::size_t width = 1; width < 120; width += 7) {
      for (std::size_t height = 1; height < 40; ++height) {
        const ScreenLines shown = fresh.lines(width, height);
        EXPECT_EQ(shown.size(), height) << page;
        for (const ScreenLine& line : shown) {
          EXPECT_LE(text_width(line.text), width) << page;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tmbpf::test
