// SPDX-License-Identifier: Apache-2.0
// Empties the ring buffer into a collector, from a thread of its own, so that a slow command never
// fills it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "userspace/trace/collector.h"
#include "util/unique_fd.h"

struct ring_buffer;

namespace tmbpf {

class EventReader {
 public:
  // `collector` must outlive the reader, whose thread calls `at_each_look` too, every 10 ms or more
  // often. Throws Error when the buffer cannot be mapped.
  EventReader(int ring_buffer_fd, Collector& collector, std::function<void()> at_each_look);
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;
  ~EventReader();

  // Returns when everything sent before the call has reached the collector.
  void drain();

  // Readable from when a fork or a new program has reached the collector until clear_news().
  [[nodiscard]] int news_fd() const { return news_.get(); }
  void clear_news() const;

 private:
  struct BufferDeleter {
    void operator()(ring_buffer* buffer) const;
  };
  static int on_message(void* context, void* data, std::size_t size);
  void run(const std::stop_token& stop);

  Collector& collector_;
  std::function<void()> at_each_look_;
  UniqueFd news_;
  UniqueFd wakeups_;  // epoll on the ring buffer: its wake-ups only, not whether it holds something
  std::unique_ptr<ring_buffer, BufferDeleter> buffer_;
  std::mutex mutex_;  // one consumer at a time
  std::jthread thread_;
};

}  // namespace tmbpf
