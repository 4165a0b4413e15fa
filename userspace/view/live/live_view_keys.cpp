// SPDX-License-Identifier: Apache-2.0
// What LiveView does about keys.
#include <array>
#include <utility>

#include "userspace/view/live/choice_text.h"
#include "userspace/view/live/live_view.h"

namespace tmbpf {
namespace {

// The one after `value` in a circle.
template <typename Value, std::size_t Size>
Value next_of(const std::array<Value, Size>& circle, Value value) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (circle[i] == value) {
      return circle[(i + 1) % Size];
    }
  }
  return circle.front();
}

constexpr std::array kTypes{KeyType::lineno, KeyType::filename, KeyType::function,
                            KeyType::traceback};
constexpr std::array kOrders{SortOrder::size, SortOrder::count, SortOrder::average,
                             SortOrder::size_diff, SortOrder::count_diff};
constexpr std::array kCumulative{Cumulative::no, Cumulative::yes, Cumulative::unique};

}  // namespace

LiveWish LiveView::press(Key key) {
  if (key == Key::resized || key == Key::redraw) {
    return LiveWish::none;
  }
  message_.clear();
  if (prompt_) {
    const FilterPrompt::Result result = prompt_->press(key);
    if (result != FilterPrompt::Result::not_mine) {
      if (std::exchange(choice_.filter, prompt_->text()) != prompt_->text()) {
        change();
      }
      if (result != FilterPrompt::Result::typing) {
        prompt_.reset();
      }
      return LiveWish::none;
    }
  }
  return press_on_page(key);
}

LiveWish LiveView::press_on_page(Key key) {
  const bool back = key == Key::escape || key == Key::backspace;
  if (page_ == Page::groups) {
    return press_on_groups(key);
  }
  if (back) {
    page_ = page_ == Page::tracebacks || !tracebacks_page_ ? Page::groups : Page::tracebacks;
    if (page_ == Page::groups) {
      tracebacks_page_.reset();
    }
    return LiveWish::none;
  }
  switch (page_) {
    case Page::tracebacks:
      return tracebacks_page_->press(key) ? LiveWish::none : press_general(key);
    case Page::processes:
      return press_on_processes(key);
    case Page::groups:
    case Page::help:
    case Page::info:
      break;
  }
  return text_scroll_.press(key) ? LiveWish::none : press_general(key);
}

LiveWish LiveView::press_on_groups(Key key) {
  if (groups_ && groups_page_.press(key, *groups_)) {
    return LiveWish::none;
  }
  if (key == Key::enter) {
    open_tracebacks();
    return LiveWish::none;
  }
  if (key == Key::escape && !choice_.filter.empty()) {
    choice_.filter.clear();
    change();
    return LiveWish::none;
  }
  if (key == key_of('/')) {
    prompt_.emplace(choice_.filter);
    return LiveWish::none;
  }
  return press_grouping(key) || press_sorting(key) ? LiveWish::none : press_general(key);
}

LiveWish LiveView::press_on_processes(Key key) {
  if (processes_page_.press(key)) {
    return LiveWish::none;
  }
  if (key == Key::enter && processes_page_.selected() < processes_.size()) {
    return choose(processes_[processes_page_.selected()].pid);
  }
  return press_general(key);
}

bool LiveView::press_grouping(Key key) {
  switch (code_of(key)) {
    case U'l':
      return group_by(KeyType::lineno), true;
    case U'f':
      return group_by(KeyType::filename), true;
    case U'u':
      return group_by(KeyType::function), true;
    case U't':
      return group_by(KeyType::traceback), true;
    case U'g':
      return group_by(next_of(kTypes, choice_.group_by)), true;
    case U'C':
      if (choice_.group_by == KeyType::traceback) {
        say("tracebacks are not cumulative");
      } else {
        choice_.cumulative = next_of(kCumulative, choice_.cumulative);
        change();
      }
      return true;
    default:
      return false;
  }
}

bool LiveView::press_sorting(Key key) {
  if (key >= key_of('1') && key <= key_of('5')) {
    sort_by(kOrders[static_cast<std::size_t>(key) - '1']);
    return true;
  }
  if (key == key_of('o')) {
    sort_by(next_of(kOrders, choice_.sort));
    return true;
  }
  return false;
}

bool LiveView::press_comparing(Key key) {
  if (key == key_of('c')) {
    choice_.comparison =
        choice_.comparison == Comparison::none ? Comparison::previous : Comparison::none;
  } else if (key == key_of('b') && track() != nullptr) {
    for (auto& [pid, track] : tracks_) {
      track.set_baseline();
    }
    choice_.comparison = Comparison::baseline;
    say("this is the baseline now");
  } else {
    return false;
  }
  renew();
  return true;
}

LiveWish LiveView::press_general(Key key) {
  if (press_comparing(key)) {
    return LiveWish::none;
  }
  switch (code_of(key)) {
    case U'q':
    case U'Q':
      return LiveWish::quit;
    case U'?':
    case U'h':
      text_scroll_.rewind();
      page_ = page_ == Page::help ? Page::groups : Page::help;
      return LiveWish::none;
    case U'i':
      text_scroll_.rewind();
      page_ = page_ == Page::info ? Page::groups : Page::info;
      return LiveWish::none;
    case U'P':
    case code_of(Key::tab):
      processes_page_.select(chosen_index());
      page_ = page_ == Page::processes ? Page::groups : Page::processes;
      return LiveWish::none;
    case U'm':
      graph_ = !graph_;
      return LiveWish::none;
    case code_of(Key::space):
      paused_ = !paused_;
      return paused_ ? LiveWish::none : LiveWish::refresh;
    case U'n':
      return step(1);
    case U'p':
      return step(-1);
    case U'r':
      return LiveWish::refresh;
    case U's':
      return LiveWish::snapshot;
    default:
      return LiveWish::none;
  }
}

}  // namespace tmbpf
