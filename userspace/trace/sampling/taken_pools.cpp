// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/taken_pools.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bpf/tmbpf_taken_pools.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// Pools that are taken in the same are not independent: they are of one group.
constexpr std::chrono::milliseconds kSlot{100};
constexpr int kPoll = 100;  // milliseconds, until it is looked whether to end
constexpr std::chrono::nanoseconds kLook{TMBPF_POOLS_LOOK};
constexpr std::chrono::milliseconds kAwake{20};  // after some were told

}  // namespace

void TakenPools::BufferDeleter::operator()(ring_buffer* buffer) const { ring_buffer__free(buffer); }

TakenPools::TakenPools(int ring_buffer_fd, tmbpf_method& method, pid_t pid,
                       const tmbpf_python& python, Take take)
    : method_(method),
      memory_(pid),
      python_(python),
      contents_(memory_, python),
      take_(std::move(take)),
      buffer_(ring_buffer__new(ring_buffer_fd, on_message, this, nullptr)) {
  if (!buffer_) {
    throw Error(fmt::format("cannot map the ring buffer of pools: {}", std::strerror(errno)));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TakenPools::~TakenPools() = default;

int TakenPools::on_message(void* context, void* data, std::size_t size) {
  auto& pools = *static_cast<TakenPools*>(context);
  tmbpf_taken_pool pool{};
  if (size >= sizeof(pool)) {
    std::memcpy(&pool, data, sizeof(pool));
    pools.taken_.push_back(
        {.address = pool.address,
         .stack = pool.stack,
         .window = static_cast<std::uint32_t>(Clock::now().time_since_epoch() / kSlot),
         .weight = 0});
  }
  return 0;
}

// The programs' clock, bpf_ktime_get_ns(), is that of std::chrono::steady_clock: CLOCK_MONOTONIC.
void TakenPools::wait(Clock::time_point awake_until) {
  const Clock::time_point now = Clock::now();
  std::atomic_ref shared(method_.awake_until);
  if (now >= awake_until) {
    shared.store(0);
    ring_buffer__poll(buffer_.get(), kPoll);
    return;
  }
  shared.store(static_cast<std::uint64_t>((now + 2 * kLook).time_since_epoch().count()));
  std::this_thread::sleep_for(kLook);
}

void TakenPools::run(const std::stop_token& stop) {
  Clock::time_point awake_until;
  while (!stop.stop_requested()) {
    wait(awake_until);
    ring_buffer__consume(buffer_.get());
    if (!taken_.empty()) {
      take_(see_blocks(memory_, python_, contents_, taken_));
      taken_.clear();
      awake_until = Clock::now() + kAwake;
    }
  }
}

}  // namespace tmbpf
