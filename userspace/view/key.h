// SPDX-License-Identifier: Apache-2.0
// What somebody pressed.
#pragma once

#include <cstdint>

namespace tmbpf {

// A character's code point, or, above all of them, a key that has none.
enum class Key : std::uint32_t {
  tab = 0x09,
  redraw = 0x0c,  // Ctrl-L
  escape = 0x1b,
  space = 0x20,
  up = 0x110000,
  down,
  page_up,
  page_down,
  home,
  end,
  enter,
  backspace,
  resized,  // the terminal has another size
  other,    // one that means nothing to us
};

constexpr Key key_of(char32_t character) { return static_cast<Key>(character); }
constexpr char32_t code_of(Key key) { return static_cast<char32_t>(key); }
// Whether it is a character that can be shown.
constexpr bool is_text(Key key) {
  return key >= Key::space && key < Key::up && key != key_of(0x7f);
}

}  // namespace tmbpf
