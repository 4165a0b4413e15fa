// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_plain.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <utility>

#include "userspace/files/source_files.h"
#include "userspace/view/live/plain_table.h"

namespace tmbpf {
namespace {

constexpr std::size_t kWidth = 100;  // columns of a pipe
constexpr std::size_t kLeastWidth = 60;
constexpr std::chrono::minutes kPatience{1};  // nobody waits for a key

}  // namespace

LivePlain::LivePlain(LiveTargets& targets, ViewChoice choice, std::size_t limit, std::FILE* out)
    : targets_(targets),
      choice_(std::move(choice)),
      limit_(limit),
      out_(out),
      sampler_(targets, kPatience) {
  choice_.comparison = Comparison::previous;
}

void LivePlain::refresh() {
  for (Tracer* const tracer : targets_.members()) {
    show(*tracer);
  }
}

void LivePlain::show(Tracer& tracer) {
  const pid_t pid = pid_of(tracer);
  const bool runs = tracer.state() == TargetState::running;
  if (!runs && done_.contains(pid)) {
    return;
  }
  if (runs && done_.erase(pid) != 0) {  // another process or program by now
    tracks_.erase(pid);
  }
  print(tracer);
  if (!runs) {
    done_.insert(pid);
  }
}

void LivePlain::print(Tracer& tracer) {
  ProcessTrack& track = tracks_[pid_of(tracer)];
  LiveSampler::Sample sample = sampler_.take(tracer);
  track.add(std::move(sample.snapshot), std::move(sample.totals), sample.time);
  SourceFiles files(fmt::format("/proc/{}/root", pid_of(tracer)));
  const SourceReader source = [&files](std::string_view filename, std::uint32_t lineno) {
    return files.line(filename, lineno);
  };
  std::string text = std::exchange(first_, false) ? "" : "\n";
  for (const std::string& line : plain_table(track, choice_, {.limit = limit_}, width(), source)) {
    text += line + '\n';
  }
  std::fputs(text.c_str(), out_);
  std::fflush(out_);
}

std::size_t LivePlain::width() const {
  winsize size{};
  const bool known = ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col >= kLeastWidth;
  return known ? size.ws_col : kWidth;
}

void LivePlain::take_ended() {
  for (Tracer* const tracer : targets_.members()) {
    const pid_t pid = pid_of(*tracer);
    if (tracer->state() == TargetState::running || targets_.is_root(pid)) {
      continue;
    }
    show(*tracer);
    targets_.release(pid);
    tracks_.erase(pid);
    sampler_.forget(pid);
    done_.erase(pid);
  }
}

void LivePlain::show_last() {
  for (Tracer* const tracer : targets_.members()) {
    show(*tracer);
  }
}

}  // namespace tmbpf
