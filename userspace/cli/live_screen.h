// SPDX-License-Identifier: Apache-2.0
// Where the live table goes: a full screen on a terminal, else plain text one table after another.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "userspace/view/terminal_top.h"

namespace tmbpf {

class LiveScreen {
 public:
  // `plain`: never the full screen. `out` receives plain text and must outlive the object.
  LiveScreen(bool plain, std::FILE* out);

  void show(const std::vector<std::string>& lines);
  // Leaves the full screen, so that what follows stays readable.
  void close() { top_.reset(); }
  // What the user pressed since the last call, and whether the size changed.
  struct Keys {
    bool quit = false;    // q
    bool redraw = false;  // another size, or another table is asked for
    int step = 0;         // n: to the next table, p: to the one before
  };
  Keys read_keys();

  [[nodiscard]] bool full_screen() const { return top_ != nullptr; }
  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::size_t rows(std::size_t wanted) const;  // that fit below the header
  [[nodiscard]] int input_fd() const;                        // -1: none

 private:
  std::unique_ptr<TerminalTop> top_;
  std::FILE* out_;
  bool first_ = true;
};

}  // namespace tmbpf
