// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace tmbpf {
namespace {

constexpr std::size_t kPlainWidth = 100;
constexpr std::size_t kHeaderLines = 8;

}  // namespace

LiveScreen::LiveScreen(bool plain, std::FILE* out) : out_(out) {
  if (!plain && ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1) {
    top_ = std::make_unique<TerminalTop>();
  }
}

void LiveScreen::show(const std::vector<std::string>& lines) {
  if (top_) {
    top_->show(lines);
    return;
  }
  if (!first_) {
    std::fputc('\n', out_);
  }
  first_ = false;
  for (const std::string& line : lines) {
    std::fputs(line.c_str(), out_);
    std::fputc('\n', out_);
  }
  std::fflush(out_);
}

LiveScreen::Keys LiveScreen::read_keys() {
  Keys keys;
  while (top_ && !keys.quit) {
    const auto key = top_->read_key();
    if (!key) {
      break;
    }
    keys.quit = *key == 'q' || *key == 'Q';
    keys.step += *key == 'n' || *key == 'N' ? 1 : *key == 'p' || *key == 'P' ? -1 : 0;
    keys.redraw = keys.redraw || *key == TerminalTop::kResized || keys.step != 0;
  }
  return keys;
}

std::size_t LiveScreen::width() const {
  winsize size{};
  if (top_) {
    return top_->width();
  }
  const bool known = ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col >= 60;
  return known ? size.ws_col : kPlainWidth;
}

std::size_t LiveScreen::rows(std::size_t wanted) const {
  if (!top_) {
    return wanted;
  }
  const std::size_t height = top_->height();
  return std::min(wanted, height > kHeaderLines ? height - kHeaderLines : std::size_t{1});
}

int LiveScreen::input_fd() const { return top_ ? TerminalTop::input_fd() : -1; }

}  // namespace tmbpf
