// SPDX-License-Identifier: Apache-2.0
// How busy a target is by itself, which says what a share of its time comes to.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace tmbpf {

// Of one thread.
class TargetLoad {
 public:
  using Seconds = std::chrono::duration<double>;

  // From now on.
  explicit TargetLoad(pid_t pid);

  // To be called every few milliseconds, with what tracing has cost it since the begin. Whether
  // there is news.
  bool update(Seconds cost);
  // Its own time as a share of the time that passes, in the last seconds; 1 until it is known.
  [[nodiscard]] double share() const { return share_; }
  [[nodiscard]] Seconds own() const { return own_; }  // since the begin, at the last update

 private:
  using Clock = std::chrono::steady_clock;

  pid_t pid_;
  Clock::time_point at_;
  Seconds cpu_{0};
  Seconds cost_{0};
  Seconds own_{0};
  double share_ = 1;
  bool known_ = false;
};

}  // namespace tmbpf
