// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/newcomer.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <system_error>

#include "symbols/process/process_memory.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};  // for a new program to become a Python
constexpr std::chrono::milliseconds kFirstPause{2};
constexpr std::chrono::milliseconds kLongestPause{300};

// A forked child has its parent's memory: the same file at the same place.
PythonTarget forked_copy(PythonTarget program, pid_t child) {
  program.identity = identify_process(child);  // with the name that it has by now
  return program;
}

// Whether Python has made its first interpreter and thread.
bool lives(const PythonTarget& target) {
  const ProcessMemory memory(target.identity.pid);
  const auto interpreter = memory.read<std::uint64_t>(target.python.interpreters_head);
  return interpreter && *interpreter != 0 &&
         memory.read<std::uint64_t>(*interpreter + target.python.interp_threads_head).value_or(0) !=
             0;
}

// Nothing while it is no living Python; throws when it is one of a kind that cannot be traced.
std::optional<PythonTarget> find_python(pid_t pid) {
  if (!runs_python(pid)) {
    return std::nullopt;
  }
  PythonTarget target = open_python_target(pid);
  return lives(target) ? std::optional(std::move(target)) : std::nullopt;
}

void pause_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

void Newcomer::begin(int done_fd) {
  begun_ = true;
  try {
    thread_ = std::jthread([this, done_fd](const std::stop_token& stop) {
      attach(stop);
      done_.store(true, std::memory_order_release);
      ::eventfd_write(done_fd, 1);
    });
  } catch (const std::system_error& error) {
    refusal_ = fmt::format("cannot start a thread: {}", error.what());
    done_.store(true, std::memory_order_release);
  }
}

void Newcomer::give_up() {
  given_up_ = true;
  thread_.request_stop();
}

void Newcomer::attach(const std::stop_token& stop) {
  try {
    const auto target =
        program_ ? std::optional(forked_copy(*program_, pid())) : await_python(stop);
    // The tracer looks at the identity once more when it is attached.
    if (target && target->identity == process_) {
      take_room();
      tracer_ = std::make_unique<Tracer>(*target, options_);
    }
  } catch (const std::exception& error) {
    place_.reset();
    if (still_runs(process_)) {
      refusal_ = error.what();
    }
  }
}

void Newcomer::take_room() {
  if (places_ != nullptr && !(place_ = places_->take())) {
    throw Error(fmt::format("{} processes are followed already", places_->count()));
  }
}

// What cannot be opened may only not be there yet: libraries are mapped and relocated first.
std::optional<PythonTarget> Newcomer::await_python(const std::stop_token& stop) const {
  const auto deadline = Clock::now() + kPatience;
  std::chrono::milliseconds pause = kFirstPause;
  while (!stop.stop_requested() && still_runs(process_)) {
    std::optional<PythonTarget> target;
    try {
      target = find_python(pid());
    } catch (const Error&) {
      if (Clock::now() > deadline) {
        throw;
      }
    }
    if (target || Clock::now() > deadline) {
      return target;
    }
    pause_for(pause, stop);
    pause = std::min(2 * pause, kLongestPause);
  }
  return std::nullopt;
}

}  // namespace tmbpf
