// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/record_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

namespace tmbpf {
namespace {

constexpr int kLook = 200;  // milliseconds between looks at processes and what they hold

}  // namespace

RecordLoop::RecordLoop(const RecordOptions& options, Family& family, const Signals& signals,
                       LaunchedProgram* program)
    : options_(options),
      family_(family),
      signals_(signals),
      program_(program),
      // A program owns stdout.
      recorder_(options, program == nullptr ? STDOUT_FILENO : STDERR_FILENO, [this] {
        take_signals();
        return interruptions_ != interruptions_before_;
      }) {}

RecordEnding RecordLoop::run() {
  while (ending_ == RecordEnding::none) {
    wait();
    take_signals();
    take_changes();
    record_ended();
    if (ending_ == RecordEnding::none && complete()) {
      ending_ = RecordEnding::complete;
    }
    if (ending_ == RecordEnding::none) {
      record_due();
    }
  }
  record_last();
  return ending_;
}

void RecordLoop::wait() {
  const auto now = Clock::now();
  auto until = now + std::chrono::milliseconds(kLook);
  for (auto& [pid, process] : processes_) {
    process.fresh = false;
    until = process.ended ? until : std::min(until, process.schedule.next());
  }
  std::vector<pollfd> waits{{signals_.fd(), POLLIN, 0}};
  for (const int fd : family_.fds()) {
    waits.push_back({fd, POLLIN, 0});
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<long>(left, 0, kLook)));
}

void RecordLoop::take_signals() {
  while (const auto signal = signals_.next()) {
    if (signal->number == SIGCHLD) {
      continue;
    }
    if (program_ == nullptr) {
      ++interruptions_;
      ending_ = RecordEnding::interrupted;
    } else if (!signal->from_terminal) {
      ::kill(program_->pid(), signal->number);
    }
  }
}

void RecordLoop::take_changes() {
  // Asked first: a short program has done all that it does since the last poll.
  const bool done = program_is_done();
  family_.poll();
  if (done) {
    ending_ = RecordEnding::program_done;
  } else if (ending_ == RecordEnding::none && !family_.alive()) {
    ending_ = RecordEnding::target_gone;
  }
}

// A stop that somebody else asked for is none of our business.
bool RecordLoop::program_is_done() const {
  if (program_ == nullptr) {
    return false;
  }
  const LaunchedProgram::State state = program_->state();
  return state == LaunchedProgram::State::ended ||
         (state == LaunchedProgram::State::stopped && family_.find(family_.root())->at_end());
}

RecordLoop::Process& RecordLoop::process_of(const Tracer& tracer) {
  const pid_t pid = tracer.target().identity.pid;
  const auto found = processes_.find(pid);
  if (found != processes_.end() && found->second.tracer == &tracer) {
    return found->second;
  }
  const auto now = Clock::now();
  return processes_
      .insert_or_assign(
          pid, Process{.tracer = &tracer, .schedule = RecordSchedule(options_.rule, now, 0)})
      .first->second;
}

void RecordLoop::record(Tracer& tracer, Process& process) {
  interruptions_before_ = interruptions_;
  tracer.refresh();
  const std::uint64_t traced = tracer.traced_current();
  const auto now = Clock::now();
  recorder_.record(tracer);
  process.schedule.taken(now, traced);
  process.fresh = true;
  ++process.recorded;
}

// What ended processes held last; then they are let go.
void RecordLoop::record_ended() {
  for (Tracer* tracer : family_.members()) {
    Process& process = process_of(*tracer);
    if (tracer->state() == TargetState::running) {
      continue;
    }
    if (!std::exchange(process.ended, true)) {
      record(*tracer, process);
    }
    const pid_t pid = tracer->target().identity.pid;
    if (pid != family_.root()) {
      family_.release(pid);
      processes_.erase(pid);
      recorder_.forget(pid);
    }
  }
}

// In live mode, what was freed counts until somebody looks.
bool RecordLoop::is_due(Tracer& tracer, const RecordSchedule& schedule) {
  if (!schedule.due(Clock::now(), tracer.traced_current())) {
    return false;
  }
  tracer.refresh();
  return schedule.due(Clock::now(), tracer.traced_current());
}

void RecordLoop::record_due() {
  for (Tracer* tracer : family_.members()) {
    Process& process = process_of(*tracer);
    if (!process.ended && is_due(*tracer, process.schedule)) {
      record(*tracer, process);
    }
    if (options_.count != 0 && process.recorded >= options_.count) {
      ending_ = RecordEnding::complete;
    }
  }
}

bool RecordLoop::complete() const {
  return options_.duration > 0 &&
         Clock::now() - begin_ >= std::chrono::duration<double>(options_.duration);
}

void RecordLoop::record_last() {
  for (Tracer* tracer : family_.members()) {
    Process& process = process_of(*tracer);
    const bool enough = options_.count != 0 && process.recorded >= options_.count;
    if (!process.ended && !process.fresh && !enough) {
      record(*tracer, process);
    }
  }
}

void RecordLoop::wait_for_program() {
  while (program_->state() != LaunchedProgram::State::ended) {
    pollfd wait{signals_.fd(), POLLIN, 0};
    ::poll(&wait, 1, kLook);
    take_signals();
    if (program_is_done() && program_->state() == LaunchedProgram::State::stopped) {
      program_->resume();  // it reached its end just when the probes were taken out
    }
  }
}

}  // namespace tmbpf
