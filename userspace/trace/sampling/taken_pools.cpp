// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/taken_pools.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "bpf/tmbpf_taken_pools.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Clock = std::chrono::steady_clock;

// Pools that are taken in the same are not independent: they are of one group.
constexpr std::chrono::milliseconds kSlot{100};
constexpr int kPoll = 100;  // milliseconds, until it is looked whether to end
// Milliseconds, after some were told, in which nobody need wake this.
constexpr int kSoon = 2 * TMBPF_POOLS_WAKE / 1'000'000;

}  // namespace

void TakenPools::BufferDeleter::operator()(ring_buffer* buffer) const { ring_buffer__free(buffer); }

TakenPools::TakenPools(int ring_buffer_fd, pid_t pid, const tmbpf_python& python, Take take)
    : memory_(pid),
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

void TakenPools::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int wait = taken_.empty() ? kPoll : kSoon;
    taken_.clear();
    ring_buffer__poll(buffer_.get(), wait);
    ring_buffer__consume(buffer_.get());
    if (!taken_.empty()) {
      take_(see_blocks(memory_, python_, contents_, taken_));
    }
  }
}

}  // namespace tmbpf
