// SPDX-License-Identifier: Apache-2.0
// Text on its way to a ByteSink, which wants large pieces.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/files/byte_sink.h"

namespace tmbpf {

class TextBuffer {
 public:
  // `sink` must outlive this.
  explicit TextBuffer(ByteSink& sink) : sink_(sink) {}

  void put(std::string_view text) {
    text_ += text;
    if (text_.size() >= kPiece) {
      flush();
    }
  }
  template <typename... Values>
  void print(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    put({});
  }
  // Must be called last.
  void flush() {
    sink_.write(text_);
    text_.clear();
  }

 private:
  static constexpr std::size_t kPiece = 65536;

  ByteSink& sink_;
  std::string text_;
};

}  // namespace tmbpf
