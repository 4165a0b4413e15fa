// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/event_reader.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "util/error.h"

namespace tmbpf {
namespace {

// The programs wake us for forks and new programs alone, since a wake-up costs more than a
// description: with 16 MiB and 10 ms, 1.6 GB of those a second would be needed to lose one.
constexpr int kInterval = 10;  // milliseconds

// Edge-triggered, or what came without a wake-up would end the wait, too.
UniqueFd watch_wakeups(int ring_buffer_fd) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.fd = ring_buffer_fd}};
  if (!epoll.valid() || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, ring_buffer_fd, &event) != 0) {
    throw Error(fmt::format("cannot wait for the ring buffer: {}", std::strerror(errno)));
  }
  return epoll;
}

}  // namespace

void EventReader::BufferDeleter::operator()(ring_buffer* buffer) const {
  ring_buffer__free(buffer);
}

EventReader::EventReader(int ring_buffer_fd, Collector& collector,
                         std::function<void()> at_each_look)
    : collector_(collector),
      at_each_look_(std::move(at_each_look)),
      news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wakeups_(watch_wakeups(ring_buffer_fd)),
      buffer_(ring_buffer__new(ring_buffer_fd, on_message, this, nullptr)) {
  if (!buffer_ || !news_.valid()) {
    throw Error(fmt::format("cannot map the ring buffer: {}", std::strerror(errno)));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

EventReader::~EventReader() = default;

int EventReader::on_message(void* context, void* data, std::size_t size) {
  const auto& reader = *static_cast<EventReader*>(context);
  std::uint32_t kind = 0;
  std::memcpy(&kind, data, std::min(size, sizeof(kind)));
  reader.collector_.on_event({static_cast<const std::byte*>(data), size});
  if (kind == TMBPF_EVENT_FORK || kind == TMBPF_EVENT_EXEC) {
    ::eventfd_write(reader.news_.get(), 1);
  }
  return 0;
}

void EventReader::drain() {
  const std::lock_guard lock(mutex_);
  ring_buffer__consume(buffer_.get());
}

void EventReader::clear_news() const {
  eventfd_t value = 0;
  ::eventfd_read(news_.get(), &value);
}

void EventReader::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    drain();
    at_each_look_();
    epoll_event event{};
    ::epoll_wait(wakeups_.get(), &event, 1, kInterval);
  }
}

}  // namespace tmbpf
