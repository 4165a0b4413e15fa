// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_loop.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <vector>

namespace tmbpf {
namespace {

constexpr double kNever = 1e9;                        // seconds
constexpr std::chrono::milliseconds kLeastPause{50};  // between two refreshes
constexpr long kLook = 200;                           // milliseconds between looks at processes

std::chrono::steady_clock::duration to_clock(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

LiveLoop::LiveLoop(const LiveOptions& options, LiveTargets& targets, const Signals& signals,
                   LiveDisplay& display, LaunchedProgram* program)
    : options_(options),
      targets_(targets),
      signals_(signals),
      display_(display),
      program_(program) {}

double LiveLoop::interval() const {
  return options_.interval > 0 ? options_.interval : program_ != nullptr ? kNever : 1;
}

LiveEnding LiveLoop::run() {
  const auto begin = Clock::now();
  // The first numbers of a screen are there as soon as something can have been allocated.
  const double first = options_.once && options_.duration > 0 ? options_.duration
                       : display_.stays()                     ? std::min(interval(), 0.2)
                                                              : interval();
  auto next = begin + to_clock(first);
  while (ending_ == LiveEnding::none) {
    wait_until(next);
    if (ending_ != LiveEnding::none) {
      break;
    }
    if (Clock::now() >= next) {
      display_.refresh();
      shown_ = true;
      next = std::max(next + to_clock(interval()), Clock::now() + kLeastPause);
    }
    const bool over = options_.duration > 0 && Clock::now() - begin >= to_clock(options_.duration);
    if ((options_.once && shown_) || over) {
      ending_ = LiveEnding::quit;
    }
  }
  return ending_;
}

void LiveLoop::show_last() {
  const bool ended = ending_ == LiveEnding::target_gone || ending_ == LiveEnding::program_done;
  if (display_.stays() || !shown_ || ended) {
    display_.show_last();
  }
}

void LiveLoop::wait_until(Clock::time_point when) {
  std::vector<pollfd> waits{{signals_.fd(), POLLIN, 0}, {display_.input_fd(), POLLIN, 0}};
  for (const int fd : targets_.fds()) {
    waits.push_back({fd, POLLIN, 0});
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now());
  ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<long>(left.count(), 0, kLook)));
  take_signals();
  if ((waits[1].revents & (POLLHUP | POLLERR)) != 0) {
    ending_ = LiveEnding::interrupted;  // the terminal is gone
  }
  if (ending_ == LiveEnding::none && !display_.take_keys()) {
    ending_ = targets_.alive() ? LiveEnding::quit : LiveEnding::target_gone;
  }
  if (ending_ == LiveEnding::none) {
    take_changes();
  }
}

void LiveLoop::take_signals() {
  while (const auto signal = signals_.next()) {
    take(*signal);
  }
}

void LiveLoop::take_changes() {
  // Asked first: a short program has done all that it does since the last poll.
  const bool done = program_is_done();
  targets_.poll();
  display_.take_ended();
  if (done) {
    ending_ = LiveEnding::program_done;
  } else if (!display_.stays() && !targets_.alive()) {
    ending_ = LiveEnding::target_gone;
  }
}

// A stop that somebody else asked for is none of our business.
bool LiveLoop::program_is_done() const {
  if (program_ == nullptr) {
    return false;
  }
  const LaunchedProgram::State state = program_->state();
  return state == LaunchedProgram::State::ended ||
         (state == LaunchedProgram::State::stopped && targets_.find(program_->pid())->at_end());
}

// A program of ours gets what is meant to end us, and its end is then ours.
void LiveLoop::take(const Signal& signal) {
  switch (signal.number) {
    case SIGCHLD:
      return;
    case SIGTSTP:
      display_.suspend();
      return;
    case SIGCONT:
      display_.resume();
      return;
    default:
      break;
  }
  if (program_ == nullptr) {
    ending_ = LiveEnding::interrupted;
  } else if (!signal.from_terminal) {
    ::kill(program_->pid(), signal.number);
  }
}

}  // namespace tmbpf
