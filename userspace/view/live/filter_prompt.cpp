// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/filter_prompt.h"

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMost = 500;  // bytes

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

void drop_last(std::string& text) {
  while (!text.empty() && is_continuation(text.back())) {
    text.pop_back();
  }
  if (!text.empty()) {
    text.pop_back();
  }
}

}  // namespace

FilterPrompt::Result FilterPrompt::press(Key key) {
  switch (key) {
    case Key::enter:
      return Result::done;
    case Key::escape:
      text_.clear();
      return Result::cleared;
    case Key::backspace:
      drop_last(text_);
      return Result::typing;
    default:
      break;
  }
  if (!is_text(key)) {
    return Result::not_mine;
  }
  if (text_.size() < kMost) {
    append_code_point(text_, static_cast<char32_t>(key));
  }
  return Result::typing;
}

}  // namespace tmbpf
