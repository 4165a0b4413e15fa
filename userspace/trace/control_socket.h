// SPDX-License-Identifier: Apache-2.0
// How commands talk to a background session: a Unix socket in the run directory, one JSON line each
// way. Only root can enter the directory; besides, both ends check the other's user, and a socket
// that another user made is refused.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>

#include "util/unique_fd.h"

namespace tmbpf {

std::string control_path(pid_t target);

class ControlServer {
 public:
  // Replaces a socket left behind by a session that is gone: the caller holds the target's lock.
  // Throws Error when it is another user's, or cannot be made.
  explicit ControlServer(pid_t target);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ~ControlServer();

  // Takes the socket's name away, if it is still ours; a client that is being served still gets its
  // answer.
  void withdraw();
  [[nodiscard]] bool withdrawn() const { return path_.empty(); }
  [[nodiscard]] int fd() const { return listener_.get(); }

  // Accepts one client, if one waits, and answers its request with what `answer` returns; an Error
  // that `answer` throws goes to the client. Never throws: a broken client is dropped.
  template <typename Answer>
  void serve_one(Answer answer) {
    const UniqueFd client = accept_client();
    nlohmann::json request;
    if (client.valid() && receive(client.get(), request)) {
      send(client.get(), answered(answer, request));
    }
  }

 private:
  template <typename Answer>
  static nlohmann::json answered(Answer& answer, const nlohmann::json& request);

  [[nodiscard]] UniqueFd accept_client() const;
  static bool receive(int fd, nlohmann::json& message);
  static void send(int fd, const nlohmann::json& message);
  static nlohmann::json error_message(const std::exception& error);

  std::string path_;
  ino_t inode_ = 0;
  UniqueFd listener_;
};

// Whether a session listens for commands about `target`. False also when we may not ask.
bool has_session(pid_t target);

// Takes away a socket that nobody listens at. Throws Error when it is another user's.
void remove_abandoned_socket(pid_t target);

// Sends the request to the session of `target` and returns its answer. Throws the session's Error,
// or one that says there is no session.
nlohmann::json ask_session(pid_t target, const nlohmann::json& request);

template <typename Answer>
nlohmann::json ControlServer::answered(Answer& answer, const nlohmann::json& request) {
  try {
    return {{"ok", true}, {"result", answer(request)}};
  } catch (const std::exception& error) {
    return error_message(error);
  }
}

}  // namespace tmbpf
