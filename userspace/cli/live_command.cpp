// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/cli/live_screen.h"
#include "userspace/cli/live_tables.h"
#include "userspace/cli/signals.h"
#include "userspace/trace/family.h"
#include "userspace/trace/launcher.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr double kNever = 1e9;                        // seconds
constexpr std::chrono::milliseconds kLeastPause{50};  // between two refreshes

enum class Ending : std::uint8_t { none, quit, interrupted, target_gone, program_done };

// The loop of one live view: waits, refreshes, and notices why to end.
class LiveLoop {
 public:
  // `program`: the one that tmbpf started, or null.
  LiveLoop(const LiveOptions& options, Family& family, const Signals& signals, LiveScreen& screen,
           LaunchedProgram* program)
      : options_(options),
        family_(family),
        signals_(signals),
        screen_(screen),
        program_(program),
        tables_(family, screen, options.limit) {}

  Ending run() {
    const auto begin = Clock::now();
    auto next =
        begin + to_clock(options_.once && options_.duration > 0 ? options_.duration : interval());
    while (ending_ == Ending::none) {
      wait_until(next);
      if (ending_ != Ending::none) {
        break;
      }
      if (redraw_ || Clock::now() >= next) {
        tables_.show();
        next = std::max(next + to_clock(interval()), Clock::now() + kLeastPause);
      }
      const bool over =
          options_.duration > 0 && Clock::now() - begin >= to_clock(options_.duration);
      if (ending_ == Ending::none && ((options_.once && tables_.shown()) || over)) {
        ending_ = Ending::quit;
      }
    }
    return ending_;
  }

  // The last tables: after the full screen is gone, or when the end came before the interval's.
  void show_last() {
    const bool ended = ending_ == Ending::target_gone || ending_ == Ending::program_done;
    if (screen_.full_screen() || !tables_.shown() || ended) {
      tables_.show_last();
    }
  }

 private:
  [[nodiscard]] double interval() const {
    return options_.interval > 0 ? options_.interval : program_ != nullptr ? kNever : 1;
  }

  static Clock::duration to_clock(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  }

  void wait_until(Clock::time_point when) {
    std::vector<pollfd> waits{{signals_.fd(), POLLIN, 0}, {screen_.input_fd(), POLLIN, 0}};
    for (const int fd : family_.fds()) {
      waits.push_back({fd, POLLIN, 0});
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now());
    ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<long>(left.count(), 0, 200)));
    while (const auto signal = signals_.next()) {
      take(*signal);
    }
    if (ending_ == Ending::none) {
      take_keys();
    }
    if (ending_ == Ending::none) {
      take_changes();
    }
  }

  void take_keys() {
    const LiveScreen::Keys keys = screen_.read_keys();
    redraw_ = keys.redraw;
    if (keys.quit) {
      ending_ = Ending::quit;
    } else if (keys.step != 0) {
      tables_.choose(keys.step);
    }
  }

  void take_changes() {
    // Asked first: a short program has done all that it does since the last poll.
    const bool done = program_is_done();
    family_.poll();
    tables_.take_ended();
    if (done) {
      ending_ = Ending::program_done;
    } else if (!family_.alive()) {
      ending_ = Ending::target_gone;
    }
  }

  // A stop that somebody else asked for is none of our business.
  [[nodiscard]] bool program_is_done() const {
    if (program_ == nullptr) {
      return false;
    }
    const LaunchedProgram::State state = program_->state();
    return state == LaunchedProgram::State::ended ||
           (state == LaunchedProgram::State::stopped && family_.find(family_.root())->at_end());
  }

  // A program of ours gets what is meant to end us, and its end is then ours.
  void take(const Signal& signal) {
    if (signal.number == SIGCHLD) {
      return;
    }
    if (program_ == nullptr) {
      ending_ = Ending::interrupted;
    } else if (!signal.from_terminal) {
      ::kill(program_->pid(), signal.number);
    }
  }

  const LiveOptions& options_;
  Family& family_;
  const Signals& signals_;
  LiveScreen& screen_;
  LaunchedProgram* program_;
  LiveTables tables_;
  Ending ending_ = Ending::none;
  bool redraw_ = false;
};

int status_of(Ending ending) {
  switch (ending) {
    case Ending::interrupted:
      return static_cast<int>(ExitStatus::interrupted);
    case Ending::target_gone:
      return static_cast<int>(ExitStatus::target);
    case Ending::none:
    case Ending::quit:
    case Ending::program_done:
      break;
  }
  return static_cast<int>(ExitStatus::done);
}

int watch_pid(const LiveOptions& options, const CaptureOptions& capture, const Signals& signals) {
  Family family(open_python_target(options.pid), capture.trace_options());
  LiveScreen screen(options.once, stdout);
  LiveLoop loop(options, family, signals, screen, nullptr);
  const Ending ending = loop.run();
  loop.show_last();
  if (ending == Ending::target_gone) {
    log_warning(fmt::format("process {} {}; above is what it held last", options.pid,
                            to_string(family.find(options.pid)->state())));
  }
  return status_of(ending);
}

int watch_program(const LiveOptions& options, const CaptureOptions& capture,
                  const Signals& signals) {
  LaunchedProgram program(options.program);
  TraceOptions trace = capture.trace_options();
  trace.stop_at_end = true;
  Family family(program.take_target(), trace);
  // The program owns stdout; tables go where its own output is not disturbed.
  LiveScreen screen(true, stderr);
  program.resume();
  LiveLoop loop(options, family, signals, screen, &program);
  loop.run();
  loop.show_last();
  family.detach();
  program.resume();  // it may be stopped where it began to finalize
  return program.wait();
}

}  // namespace

void add_live_options(CLI::App& app, LiveOptions& options) {
  const std::string group = "View";
  app.add_flag("--once", options.once, "Print one table and end")->group(group);
  app.add_option("--duration", options.duration, "Seconds to trace; 0: until q or Ctrl-C")
      ->check(CLI::Range(0.0, 1e9))
      ->group(group);
  app.add_option("--interval", options.interval,
                 "Seconds between refreshes (default 1; with a program: only at its end)")
      ->check(CLI::Range(0.1, 86400.0))
      ->group(group);
  app.add_option("--limit", options.limit, "Rows shown")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group(group);
}

int run_live(const LiveOptions& live, const CaptureOptions& capture) {
  const Signals signals;
  return live.program.empty() ? watch_pid(live, capture, signals)
                              : watch_program(live, capture, signals);
}

}  // namespace tmbpf
