// SPDX-License-Identifier: Apache-2.0
// A ByteSource as the characters that nlohmann-json's parser takes.
//
// That parser (3.11, detail/input/lexer.hpp) refuses lone surrogates, "\udc80", which Python's json
// writes and reads. They pass it in disguise: here each escape of a surrogate or of NUL comes as
// "\u0000" with its four digits behind; restore_escapes() turns that back. No string can hold a NUL
// otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/files/byte_source.h"

namespace tmbpf {

class JsonInput {
 public:
  // As std::iterator_traits and the parser want it; all of one JsonInput move together.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = char;

    Iterator() = default;
    explicit Iterator(JsonInput& input) : input_(&input) {}
    char operator*() const { return input_->unit_[input_->done_]; }
    Iterator& operator++() {
      ++input_->done_;
      return *this;
    }
    // The end is an iterator of nothing.
    bool operator==(const Iterator& other) const { return ended() == other.ended(); }

   private:
    [[nodiscard]] bool ended() const { return input_ == nullptr || !input_->has_character(); }

    JsonInput* input_ = nullptr;
  };

  // `source` must outlive this.
  explicit JsonInput(ByteSource& source);

  Iterator begin() { return Iterator(*this); }
  static Iterator end() { return {}; }

  // Bytes of the source before the last character that was looked for.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // Where the last value or key, or what stands for one, begins.
  [[nodiscard]] std::uint64_t token() const { return token_; }

  // Throws Error "cannot read FILE: byte OFFSET: WHAT".
  [[noreturn]] void fail(std::uint64_t offset, std::string_view what) const;

 private:
  [[nodiscard]] bool has_character() { return done_ < size_ || take_unit(); }
  bool take_unit();
  void take_escape();
  void note_token(char c);
  [[nodiscard]] bool refill();
  [[nodiscard]] bool at_end() { return next_ == filled_ && !refill(); }

  ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t next_ = 0;  // in buffer_
  std::size_t filled_ = 0;
  std::uint64_t buffer_begin_ = 0;  // offset of buffer_ in the source
  std::array<char, 12> unit_{};     // what is handed on: a byte or an escape
  std::size_t size_ = 0;
  std::size_t done_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t token_ = 0;
  bool in_string_ = false;
  bool in_word_ = false;  // a number, true, false, null
};

// The text, WTF-8, that a string stands for which came through a JsonInput. A high surrogate and a
// low one behind it are one code point, as in Python.
std::string restore_escapes(std::string text);

}  // namespace tmbpf
