// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_screen.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "userspace/cli/live_plain.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/view/human_text.h"
#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr std::chrono::milliseconds kPatience{30};  // for the coverage, once in a while

// As the terminal's Ctrl-Z would; returns when somebody lets us go on. SIGTSTP is blocked for the
// signalfd otherwise.
void stop_this_process() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  std::signal(SIGTSTP, SIG_DFL);
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

}  // namespace

bool LiveScreen::possible() { return ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1; }

LiveScreen::LiveScreen(LiveTargets& targets, const LiveOptions& options, const TerminalGuard& guard)
    : targets_(targets),
      options_(options),
      names_(options.output),
      sampler_(targets, kPatience),
      top_(std::make_unique<TerminalTop>(&guard)),
      view_(options.choice(), TerminalTop::speaks_utf8(),
            [this](int pid, std::string_view filename, std::uint32_t lineno) {
              auto& files =
                  sources_.try_emplace(pid, fmt::format("/proc/{}/root", pid)).first->second;
              return files.line(filename, lineno);
            }) {}

void LiveScreen::refresh() {
  view_.take(sampler_.processes(), unix_now());
  if (!view_.paused()) {
    take_chosen();
  }
  draw();
}

// What an ended one held last is taken once.
void LiveScreen::take_chosen() {
  Tracer* const tracer = targets_.find(view_.chosen());
  if (tracer == nullptr) {
    return;
  }
  const bool ended = tracer->state() != TargetState::running;
  if (!ended || !done_.contains(tracer)) {
    LiveSampler::Sample sample = sampler_.take(*tracer);
    view_.take(std::move(sample.snapshot), std::move(sample.totals), sample.time);
  }
  if (ended) {
    done_.insert(tracer);
  } else {
    done_.erase(tracer);
  }
}

void LiveScreen::draw() { top_->show(view_.lines(TerminalTop::width(), TerminalTop::height())); }

bool LiveScreen::take_keys() {
  bool drawn = true;
  while (const auto key = top_->read_key()) {
    drawn = false;
    switch (view_.press(*key)) {
      case LiveWish::quit:
        return false;
      case LiveWish::refresh:
        take_chosen();
        break;
      case LiveWish::snapshot:
        write_snapshot();
        break;
      case LiveWish::none:
        break;
    }
  }
  if (!drawn) {
    draw();
  }
  return true;
}

void LiveScreen::write_snapshot() {
  Tracer* const tracer = targets_.find(view_.chosen());
  if (tracer == nullptr) {
    return;
  }
  view_.say("writing a snapshot ...");
  draw();
  try {
    view_.say(write_snapshot_of(*tracer));
  } catch (const std::exception& error) {
    view_.say(fmt::format("no snapshot: {}", error.what()));
  }
}

std::string LiveScreen::write_snapshot_of(Tracer& tracer) {
  const pid_t pid = pid_of(tracer);
  auto& series = series_.try_emplace(names_.has_pid() ? pid : 0, names_, pid).first->second;
  const std::string path = series.next(std::time(nullptr));
  if (!names_.has_counter() && !names_.has_timestamp() && exists(path)) {
    throw Error(fmt::format("{} exists; a name with $counter is never taken", path));
  }
  check_output_path(path);
  const Snapshot snapshot = tracer.full_snapshot();
  tmbpf::write_snapshot(snapshot, path);
  return fmt::format("written: {}", path);
}

void LiveScreen::take_ended() {
  for (Tracer* const tracer : targets_.members()) {
    const pid_t pid = pid_of(*tracer);
    if (tracer->state() != TargetState::running && !targets_.is_root(pid) &&
        pid != view_.chosen()) {
      done_.erase(tracer);
      targets_.release(pid);
      sampler_.forget(pid);
      sources_.erase(pid);
    }
  }
}

void LiveScreen::show_last() {
  top_.reset();
  LivePlain(targets_, view_.choice(), options_.limit, stdout).show_last();
}

void LiveScreen::suspend() {
  top_->suspend();
  stop_this_process();
  resume();
}

void LiveScreen::resume() {
  top_->resume();
  draw();
}

}  // namespace tmbpf
