// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "userspace/trace/family.h"
#include "userspace/trace/session_member.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

using Clock = SessionMember::Clock;

// How long a session keeps what ended processes left behind for a snapshot to fetch, and, of those
// that were followed, how many: a server may go through workers without end.
constexpr std::chrono::hours kKeepAfterEnd{1};
constexpr std::size_t kMostEnded = 32;
constexpr int kTick = 1000;  // milliseconds between looks at whether processes still run

class Session {
 public:
  Session(PythonTarget target, const TraceOptions& options)
      : follow_(options.follow),
        family_(std::in_place, std::move(target), options),
        root_(family_->root()) {
    members_.try_emplace(root_, root_);
  }

  void serve() {
    while (!stopped_ && !expired()) {
      const std::vector<pid_t> asked = wait();
      if (ended_by_signal_) {
        break;
      }
      family_->poll();
      take_members();
      for (const pid_t pid : asked) {
        serve_client(pid);
      }
      drop_members();
    }
  }

 private:
  static UniqueFd end_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
  }

  // The processes whose sockets a client waits at.
  std::vector<pid_t> wait() {
    std::vector<pollfd> waits;
    for (auto& [pid, member] : members_) {
      waits.push_back({member.server().fd(), POLLIN, 0});
    }
    waits.push_back({signals_.get(), POLLIN, 0});
    for (const int fd : family_->fds()) {
      waits.push_back({fd, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), kTick);
    std::vector<pid_t> asked;
    auto wait = waits.begin();
    for (const auto& [pid, member] : members_) {
      if (((wait++)->revents & POLLIN) != 0) {
        asked.push_back(pid);
      }
    }
    ended_by_signal_ = (wait->revents & POLLIN) != 0;
    return asked;
  }

  // Gives new members a socket; what ended ones left is kept without their tracers.
  void take_members() {
    for (Tracer* tracer : family_->members()) {
      const pid_t pid = tracer->target().identity.pid;
      const auto known = members_.find(pid);
      if (known != members_.end() && known->second.settled()) {
        members_.erase(known);  // the pid is another process's or another program's now
      }
      try {
        const auto member = members_.try_emplace(pid, pid).first;
        if (tracer->state() != TargetState::running && pid != root_) {
          member->second.settle(*tracer);
          family_->release(pid);
        }
      } catch (const Error& error) {
        log_debug(error.what());
        family_->release(pid);
      }
    }
  }

  void serve_client(pid_t pid) {
    const auto member = members_.find(pid);
    if (member != members_.end() && !stopped_) {
      member->second.server().serve_one(
          [this, pid](const nlohmann::json& request) { return answer(pid, request); });
    }
  }

  // The stopped, the old, and the oldest when they are too many.
  void drop_members() {
    std::erase_if(members_, [](const auto& entry) {
      const auto settled = entry.second.settled_at();
      return entry.second.server().withdrawn() ||
             (settled && Clock::now() - *settled > kKeepAfterEnd);
    });
    const auto older = [](const auto& left, const auto& right) {
      return left.second.settled_at().value_or(Clock::time_point::max()) <
             right.second.settled_at().value_or(Clock::time_point::max());
    };
    while (std::count_if(members_.begin(), members_.end(), [](const auto& entry) {
             return entry.second.settled();
           }) > static_cast<std::ptrdiff_t>(kMostEnded)) {
      members_.erase(std::min_element(members_.begin(), members_.end(), older));
    }
  }

  bool expired() {
    if (family_->alive()) {
      ended_at_.reset();
    } else if (!ended_at_) {
      ended_at_ = Clock::now();
    }
    return ended_at_ && Clock::now() - *ended_at_ > kKeepAfterEnd;
  }

  nlohmann::json answer(pid_t pid, const nlohmann::json& request) {
    const std::string command = request.value("command", "");
    SessionMember& member = members_.at(pid);
    if (command == "status") {
      nlohmann::json status = member.status(family_->find(pid));
      if (follow_) {
        add_family(status, pid);
      }
      return status;
    }
    if (command == "snapshot") {
      return member.write(family_->find(pid), request.value("output", ""));
    }
    if (command == "stop") {
      return stop(pid);
    }
    throw Error(fmt::format("the session does not know the command \"{}\"", command),
                "client and session are of different tmbpf versions");
  }

  void add_family(nlohmann::json& status, pid_t pid) {
    if (pid != root_) {
      status["followed_from"] = root_;
      return;
    }
    status["family"] = nlohmann::json::array();
    for (auto& [other, member] : members_) {
      if (other != root_) {
        status["family"].push_back(member.summary(family_->find(other)));
      }
    }
    status["not_followed"] = family_->refusals().count;
    status["not_followed_last"] = family_->refusals().last;
  }

  // The root's stop ends the whole session. All of it before the answer, so that the next session
  // can start at once; the locks go last.
  nlohmann::json stop(pid_t pid) {
    std::vector<pid_t> stopped;
    for (auto& [other, member] : members_) {
      if (pid == root_ || other == pid) {
        member.server().withdraw();
        stopped.push_back(other);
      }
    }
    if (pid == root_) {
      stopped_ = true;
      family_.reset();
    } else {
      family_->release(pid);
    }
    return {{"stopped", stopped}};
  }

  // First: the tracer's thread must not be killed by what this one waits for.
  UniqueFd signals_ = end_signals();
  bool follow_;
  std::optional<Family> family_;  // until the session ends
  pid_t root_;
  std::map<pid_t, SessionMember> members_;
  bool stopped_ = false;
  bool ended_by_signal_ = false;
  std::optional<Clock::time_point> ended_at_;
};

void write_all(int fd, const std::string& text) {
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

void detach_from_terminal() {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(null.get(), fd);
  }
}

[[noreturn]] void run_session(PythonTarget target, const TraceOptions& options, UniqueFd report) {
  ::setsid();
  try {
    Session session(std::move(target), options);
    write_all(report.get(), "{\"ok\":true}");
    report.reset();
    detach_from_terminal();
    if (::chdir("/") != 0) {
      ::_exit(1);
    }
    session.serve();
  } catch (const Error& error) {
    const nlohmann::json message{{"ok", false},
                                 {"message", error.what()},
                                 {"hint", error.hint()},
                                 {"status", static_cast<int>(error.status())}};
    write_all(report.get(), message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    ::_exit(1);
  } catch (const std::exception& error) {
    write_all(report.get(), nlohmann::json{{"ok", false}, {"message", error.what()}}.dump());
    ::_exit(1);
  }
  ::_exit(0);
}

std::string read_report(int fd) {
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t size = 0; (size = ::read(fd, chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace

void start_session(PythonTarget target, const TraceOptions& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    throw Error(fmt::format("cannot start the session: {}", std::strerror(errno)));
  }
  if (child == 0) {
    run_session(std::move(target), options, std::move(writer));
  }
  writer.reset();
  const auto report = nlohmann::json::parse(read_report(reader.get()), nullptr, false);
  if (!report.is_object()) {
    throw Error("the session ended before it could say why", "see the kernel's log (dmesg)");
  }
  if (!report.value("ok", false)) {
    ::waitpid(child, nullptr, 0);
    throw Error(report.value("message", "unknown error"), report.value("hint", ""),
                static_cast<ExitStatus>(report.value("status", 1)));
  }
}

}  // namespace tmbpf
