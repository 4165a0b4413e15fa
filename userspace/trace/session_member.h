// SPDX-License-Identifier: Apache-2.0
// One process of a session: its control socket, and what it left when it ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "userspace/model/snapshot.h"
#include "userspace/trace/control_socket.h"
#include "userspace/trace/tracer.h"

namespace tmbpf {

// The status of a tracer as `status --json` prints it: integers in bytes, blocks and events;
// "coverage" a number 0..1, or null when the target is gone or it was never measured. `fresh`:
// measures it now, which takes 0.5 s per GiB of heap; else as of the last time, if that is quicker.
nlohmann::json status_json(Tracer& tracer, bool fresh);

class SessionMember {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws Error when the socket cannot be made.
  explicit SessionMember(pid_t pid) : server_(pid) {}

  ControlServer& server() { return server_; }
  [[nodiscard]] const ControlServer& server() const { return server_; }

  // Keeps what an ended process left, so that its tracer can go with its kernel memory. Throws what
  // the tracer does when that cannot be read.
  void settle(Tracer& tracer);
  // Another process or program has the pid now: forgets what the former one left. The socket stays.
  void renew() { left_.reset(); }
  [[nodiscard]] bool settled() const { return left_.has_value(); }
  [[nodiscard]] std::optional<Clock::time_point> settled_at() const;

  // `tracer`: its own; may be null once settled. These throw Error when it is null before.
  nlohmann::json status(Tracer* tracer, bool fresh);
  // A few of the status's keys, which cost little.
  nlohmann::json summary(Tracer* tracer);
  // What the snapshot command answers. What an ended process left has no addresses.
  nlohmann::json write(Tracer* tracer, const std::string& path, bool addresses);
  // What the object, clear and reset-peak commands answer (see session_commands); of an ended
  // process there is nothing to change, and addresses are not kept.
  nlohmann::json find_object(Tracer* tracer, std::uint64_t address);
  nlohmann::json clear(Tracer* tracer);
  nlohmann::json reset_peak(Tracer* tracer);
  // Throws Error when the process has ended.
  Tracer& require_running(Tracer* tracer) const;

 private:
  struct Left {
    Snapshot snapshot;
    nlohmann::json status;
    Clock::time_point at;
  };

  ControlServer server_;
  std::optional<Left> left_;
};

}  // namespace tmbpf
