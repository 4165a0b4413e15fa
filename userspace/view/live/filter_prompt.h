// SPDX-License-Identifier: Apache-2.0
// A line of text that somebody types.
#pragma once

#include <string>

#include "userspace/view/key.h"

namespace tmbpf {

class FilterPrompt {
 public:
  explicit FilterPrompt(std::string text) : text_(std::move(text)) {}

  enum class Result { typing, done, cleared, not_mine };
  // Escape clears, Enter is done; keys that are no text are not its.
  Result press(Key key);

  [[nodiscard]] const std::string& text() const { return text_; }  // UTF-8

 private:
  std::string text_;
};

}  // namespace tmbpf
