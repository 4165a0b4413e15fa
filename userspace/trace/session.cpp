// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "userspace/trace/family.h"
#include "userspace/trace/recording_filters_json.h"
#include "userspace/trace/session_members.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

using Clock = SessionMember::Clock;

constexpr int kTick = 1000;  // milliseconds between looks at whether processes still run
constexpr std::chrono::seconds kTrim{10};

class Session {
 public:
  Session(PythonTarget target, const TraceOptions& options)
      : follow_(options.follow),
        family_(std::in_place, std::move(target), options),
        root_(family_->root()),
        members_(root_) {
    family_->find(root_)->recent_coverage(std::chrono::milliseconds(0));  // for the first status
  }

  void serve() {
    while (!stopped_ && !expired()) {
      const std::vector<pid_t> asked = wait();
      if (ended_by_signal_) {
        break;
      }
      family_->poll();
      members_.take(*family_);
      for (const pid_t pid : asked) {
        serve_client(pid);
      }
      members_.drop();
      trim();
    }
  }

 private:
  // Else it has at all times what the largest reading of a heap and the largest snapshot took.
  void trim() {
    if (Clock::now() - trimmed_ > kTrim) {
      ::malloc_trim(0);
      trimmed_ = Clock::now();
    }
  }

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
    for (const auto& [pid, member] : members_.all()) {
      waits.push_back({member.server().fd(), POLLIN, 0});
    }
    waits.push_back({signals_.get(), POLLIN, 0});
    for (const int fd : family_->fds()) {
      waits.push_back({fd, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), kTick);
    std::vector<pid_t> asked;
    auto wait = waits.begin();
    for (const auto& [pid, member] : members_.all()) {
      if (((wait++)->revents & POLLIN) != 0) {
        asked.push_back(pid);
      }
    }
    ended_by_signal_ = (wait->revents & POLLIN) != 0;
    return asked;
  }

  void serve_client(pid_t pid) {
    SessionMember* member = members_.find(pid);
    if (member != nullptr && !stopped_) {
      member->server().serve_one(
          [this, pid, member](const auto& request) { return answer(pid, *member, request); });
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

  nlohmann::json answer(pid_t pid, SessionMember& member, const nlohmann::json& request) {
    const std::string command = request.value("command", "");
    if (command == "status") {
      nlohmann::json status = member.status(family_->find(pid), request.value("fresh", false));
      if (follow_) {
        add_family(status, pid);
      }
      return status;
    }
    if (command == "snapshot") {
      return member.write(family_->find(pid), request.value("output", ""),
                          request.value("addresses", false));
    }
    if (command == "object") {
      return member.find_object(family_->find(pid), request.value("address", std::uint64_t{0}));
    }
    if (command == "clear") {
      return member.clear(family_->find(pid));
    }
    if (command == "reset-peak") {
      return member.reset_peak(family_->find(pid));
    }
    if (command == "filter") {
      return filter(pid, member, request);
    }
    if (command == "stop") {
      return stop(pid);
    }
    throw Error(fmt::format("the session does not know the command \"{}\"", command),
                "client and session are of different tmbpf versions");
  }

  // The root's filters are those of whom it is followed by.
  nlohmann::json filter(pid_t pid, SessionMember& member, const nlohmann::json& request) {
    Tracer& tracer = member.require_running(family_->find(pid));
    RecordingFilters filters = tracer.filters();
    if (request.contains("add")) {
      filters.add(recording_filters(request["add"]));
    } else if (request.contains("clear")) {
      filters = {};
    }
    if (request.contains("add") || request.contains("clear")) {
      if (pid == root_) {
        family_->set_filters(filters);
      } else {
        tracer.set_filters(filters);
      }
    }
    nlohmann::json answer = to_json(filters);
    answer["pid"] = pid;
    answer["lines"] = to_lines(filters);
    return answer;
  }

  void add_family(nlohmann::json& status, pid_t pid) {
    if (pid != root_) {
      status["followed_from"] = root_;
      return;
    }
    auto memory = status["kernel_memory"].get<std::uint64_t>();
    status["family"] = nlohmann::json::array();
    for (auto& [other, member] : members_.all()) {
      if (other != root_ && !member.server().withdrawn()) {
        status["family"].push_back(member.summary(family_->find(other)));
        memory += status["family"].back()["kernel_memory"].get<std::uint64_t>();
      }
    }
    if (Tracer* former = family_->former_root()) {
      const TraceStatus watching = former->status();
      memory += watching.kernel_memory;
      add_unnoticed(status, watching);
    }
    status["family_kernel_memory"] = memory;
    status["not_followed"] = family_->refusals().count;
    status["not_followed_last"] = family_->refusals().last;
    status["ended_unseen"] = family_->refusals().unseen;
    status["forgotten"] = members_.forgotten().count;
    status["forgotten_last"] = members_.forgotten().last;
  }

  // The tracer of the root's first program goes on to watch the family; what it does not notice
  // belongs to the session, all else to that program.
  static void add_unnoticed(nlohmann::json& status, const TraceStatus& watching) {
    for (const Loss& loss : watching.losses) {
      if (loss.key == "processes") {
        nlohmann::json entry = status["losses"].value(loss.key, nlohmann::json::object());
        entry["count"] = entry.value("count", std::uint64_t{0}) + loss.count;
        entry["what"] = loss.what;
        status["losses"][loss.key] = std::move(entry);
        status["lost"] = status["lost"].get<std::uint64_t>() + loss.count;
      }
    }
  }

  // The root's stop ends the whole session. All of it before the answer, so that the next session
  // can start at once; the locks go last.
  nlohmann::json stop(pid_t pid) {
    std::vector<pid_t> stopped;
    for (auto& [other, member] : members_.all()) {
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
  SessionMembers members_;
  bool stopped_ = false;
  bool ended_by_signal_ = false;
  std::optional<Clock::time_point> ended_at_;
  Clock::time_point trimmed_ = Clock::now();
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
