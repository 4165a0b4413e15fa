// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/event_reader.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "util/error.h"

namespace tmbpf {
namespace {

// The programs send without waking anybody, since a wake-up costs more than the message: with
// 16 MiB and 10 ms, 1.6 GB of descriptions a second would be needed to lose one.
constexpr std::chrono::milliseconds kInterval{10};

int on_message(void* context, void* data, std::size_t size) {
  static_cast<Collector*>(context)->on_event({static_cast<const std::byte*>(data), size});
  return 0;
}

}  // namespace

void EventReader::BufferDeleter::operator()(ring_buffer* buffer) const {
  ring_buffer__free(buffer);
}

EventReader::EventReader(int ring_buffer_fd, Collector& collector)
    : buffer_(ring_buffer__new(ring_buffer_fd, on_message, &collector, nullptr)) {
  if (!buffer_) {
    throw Error(fmt::format("cannot map the ring buffer: {}", std::strerror(errno)));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

EventReader::~EventReader() = default;

void EventReader::drain() {
  const std::lock_guard lock(mutex_);
  ring_buffer__consume(buffer_.get());
}

void EventReader::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    drain();
    std::this_thread::sleep_for(kInterval);
  }
}

}  // namespace tmbpf
