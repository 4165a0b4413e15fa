// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/raw_recording.h"

#include <algorithm>

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kBurst{1};  // of its share at once, until it ends
constexpr Seconds kRest{10};  // until it may begin again

}  // namespace

RawRecording::RawRecording(tmbpf_method& method, WindowProbes& probes, const SiteHits& hits)
    : method_(method), probes_(probes), hits_(hits) {}

bool RawRecording::fits(double hit_rate, Seconds hit) const {
  return Clock::now() - ended_ >= kRest && hit_rate * hit.count() <= share_ / 2;
}

// Frees are seen before anything is recorded.
void RawRecording::begin() {
  probes_.keep_all();
  std::atomic_ref(method_.raw).store(1);
  resume();
}

void RawRecording::resume() {
  counted_ = hits_.of(probes_.sites());
  counted_at_ = Clock::now();
  on_ = true;
}

bool RawRecording::is_too_much(Seconds hit) {
  if (!on_) {
    return false;
  }
  const std::uint64_t hits = hits_.of(probes_.sites());
  const Seconds elapsed = Clock::now() - counted_at_;
  const Seconds cost = static_cast<double>(hits - std::min(hits, counted_)) * hit;
  if (cost > share_ * std::max(elapsed, kBurst)) {
    return true;
  }
  if (elapsed > kBurst) {
    resume();
  }
  return false;
}

void RawRecording::end() {
  std::atomic_ref(method_.raw).store(0);
  probes_.keep_none();
  ended_ = Clock::now();
  on_ = false;
}

}  // namespace tmbpf
