// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/control_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "userspace/trace/target_lock.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxMessage = 1 << 20;  // bytes of a line

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof(address.sun_path) - 1));
  return address;
}

// 0: there is none.
ino_t inode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

bool read_line(int fd, std::string& line) {
  std::array<char, 4096> chunk{};
  while (line.find('\n') == std::string::npos && line.size() < kMaxMessage) {
    const ssize_t size = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (size <= 0) {
      return false;
    }
    line.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return line.size() < kMaxMessage;
}

bool write_line(int fd, const nlohmann::json& message) {
  const std::string text =
      message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t size = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

[[noreturn]] void refuse_owner(const std::string& path, uid_t owner) {
  throw Error(fmt::format("the control socket {} is user {}'s, not ours", path, owner),
              "look at who made it and remove it", ExitStatus::not_permitted);
}

// Throws Error when somebody else made what is there.
void require_own(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && status.st_uid != ::geteuid()) {
    refuse_owner(path, status.st_uid);
  }
}

// Of who listens, or connected; nothing when the kernel does not say.
std::optional<uid_t> peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  const bool said = ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return said ? std::optional(peer.uid) : std::nullopt;
}

// Invalid, with errno, when nobody listens there. Throws Error when it is somebody else.
UniqueFd connect_to(const std::string& path, int flags = 0) {
  require_own(path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  const sockaddr_un address = address_of(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    fd.reset();
    errno = error;
    return fd;
  }
  if (const auto peer = peer_of(fd.get()); peer && *peer != ::geteuid()) {
    refuse_owner(path, *peer);
  }
  return fd;
}

void limit_time(int fd, int seconds) {
  const timeval limit{.tv_sec = seconds, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

}  // namespace

std::string control_path(pid_t target) {
  return fmt::format("{}/{}.sock", run_directory(), target);
}

ControlServer::ControlServer(pid_t target) : path_(control_path(target)) {
  require_own(path_);
  ::unlink(path_.c_str());
  // Not blocking: who was there when poll(2) looked may be gone when it is accepted.
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(path_);
  const mode_t before = ::umask(0177);
  const bool listens =
      ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::listen(listener_.get(), 8) == 0;
  const int error = errno;
  ::umask(before);
  if (!listens) {
    throw Error(fmt::format("cannot make the control socket {}: {}", path_, std::strerror(error)));
  }
  inode_ = inode_of(path_);
}

ControlServer::~ControlServer() { withdraw(); }

void ControlServer::withdraw() {
  if (!path_.empty()) {
    if (inode_of(path_) == inode_) {
      ::unlink(path_.c_str());
    }
    path_.clear();
  }
}

UniqueFd ControlServer::accept_client() const {
  UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const auto peer = client.valid() ? peer_of(client.get()) : std::nullopt;
  if (!peer || (*peer != 0 && *peer != ::geteuid())) {
    return {};
  }
  limit_time(client.get(), 5);
  return client;
}

bool ControlServer::receive(int fd, nlohmann::json& message) {
  std::string line;
  if (!read_line(fd, line)) {
    return false;
  }
  message = nlohmann::json::parse(line, nullptr, false);
  return message.is_object();
}

void ControlServer::send(int fd, const nlohmann::json& message) { write_line(fd, message); }

nlohmann::json ControlServer::error_message(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  return {{"ok", false},
          {"message", error.what()},
          {"hint", known != nullptr ? known->hint() : ""},
          {"status", static_cast<int>(known != nullptr ? known->status() : ExitStatus::failed)}};
}

bool has_session(pid_t target) {
  try {
    return connect_to(control_path(target)).valid();
  } catch (const Error&) {
    return false;
  }
}

void remove_abandoned_socket(pid_t target) {
  const std::string path = control_path(target);
  // Not blocking: a session that is busy does not take its clients at once.
  if (!connect_to(path, SOCK_NONBLOCK).valid() && errno == ECONNREFUSED) {
    ::unlink(path.c_str());
  }
}

nlohmann::json ask_session(pid_t target, const nlohmann::json& request) {
  const UniqueFd fd = connect_to(control_path(target));
  if (!fd.valid()) {
    throw Error(fmt::format("process {} has no tmbpf session", target),
                fmt::format("start one with `tmbpf start --pid {}`", target), ExitStatus::target);
  }
  limit_time(fd.get(), 600);  // a snapshot of many millions of blocks takes a while
  std::string line;
  if (!write_line(fd.get(), request) || !read_line(fd.get(), line)) {
    throw Error(fmt::format("the tmbpf session of process {} does not answer", target),
                "it may have ended just now; see `tmbpf status`");
  }
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  if (!answer.is_object() || !answer.contains("ok")) {
    throw Error(fmt::format("the tmbpf session of process {} gave no valid answer", target));
  }
  if (!answer.value("ok", false)) {
    throw Error(answer.value("message", "unknown error"), answer.value("hint", ""),
                static_cast<ExitStatus>(answer.value("status", 1)));
  }
  return answer.value("result", nlohmann::json::object());
}

}  // namespace tmbpf
