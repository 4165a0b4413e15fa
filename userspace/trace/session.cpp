// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/session.h"

#include <fcntl.h>
#include <fmt/format.h>
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
#include <utility>

#include "userspace/files/snapshot_file.h"
#include "userspace/trace/control_socket.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Clock = std::chrono::steady_clock;

nlohmann::json losses_json(const TraceStatus& status) {
  nlohmann::json losses = nlohmann::json::object();
  for (const Loss& loss : status.losses) {
    losses[loss.key] = {{"count", loss.count}, {"what", loss.what}};
  }
  return losses;
}

// How long a session keeps what an ended target left behind for a snapshot to fetch.
constexpr std::chrono::hours kKeepAfterEnd{1};

class Session {
 public:
  Session(PythonTarget target, const TraceOptions& options)
      : tracer_(std::in_place, std::move(target), options),
        server_(tracer_->target().identity.pid) {}

  void serve() {
    while (!stopped_ && !expired()) {
      std::array<pollfd, 2> waits{pollfd{server_.fd(), POLLIN, 0},
                                  pollfd{signals_.get(), POLLIN, 0}};
      ::poll(waits.data(), waits.size(), 1000);
      if ((waits[1].revents & POLLIN) != 0) {
        break;
      }
      if (tracer_->poll() != TargetState::running && !ended_at_) {
        ended_at_ = Clock::now();
      }
      if ((waits[0].revents & POLLIN) != 0) {
        server_.serve_one([this](const nlohmann::json& request) { return answer(request); });
      }
    }
    if (tracer_) {
      tracer_->detach();
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

  [[nodiscard]] bool expired() const {
    return ended_at_ && Clock::now() - *ended_at_ > kKeepAfterEnd;
  }

  nlohmann::json answer(const nlohmann::json& request) {
    const std::string command = request.value("command", "");
    if (command == "status") {
      return status_json(*tracer_);
    }
    if (command == "snapshot") {
      const Snapshot snapshot = tracer_->snapshot();
      write_snapshot(snapshot, request.value("output", ""));
      return {{"traces", snapshot.traces().size()}, {"losses", losses_json(tracer_->status())}};
    }
    if (command == "stop") {
      // All of it before the answer, so that the next session can start at once; the lock goes
      // last.
      stopped_ = true;
      server_.withdraw();
      tracer_.reset();
      return nlohmann::json::object();
    }
    throw Error(fmt::format("the session does not know the command \"{}\"", command),
                "client and session are of different tmbpf versions");
  }

  // First: the tracer's thread must not be killed by what this one waits for.
  UniqueFd signals_ = end_signals();
  std::optional<Tracer> tracer_;  // until the session ends
  ControlServer server_;
  bool stopped_ = false;
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

nlohmann::json status_json(Tracer& tracer) {
  const TraceStatus status = tracer.status();
  const auto coverage = tracer.coverage();
  return {{"pid", status.pid},
          {"command", status.command},
          {"python", status.version},
          {"tracing", status.state == TargetState::running},
          {"state", to_string(status.state)},
          {"replaced_allocator", status.replaced_allocator},
          {"mode", "exact"},
          {"frames", status.frames},
          {"traced_current", status.traced_current},
          {"traced_peak", status.traced_peak},
          {"traces", status.traces},
          {"max_traces", status.max_traces},
          {"requests", status.requests},
          {"frees", status.frees},
          {"tracer_memory", status.tracer_memory},
          {"kernel_memory", status.kernel_memory},
          {"process_rss", status.process_rss},
          {"sites", status.sites},
          {"elapsed", status.elapsed},
          {"attach_seconds", status.attach_seconds},
          {"coverage", coverage ? nlohmann::json(coverage->share()) : nlohmann::json()},
          {"missing_blocks", coverage ? nlohmann::json(coverage->missing) : nlohmann::json()},
          {"blocks_before_attach", coverage ? nlohmann::json(coverage->before) : nlohmann::json()},
          {"lost", status.lost()},
          {"losses", losses_json(status)}};
}

}  // namespace tmbpf
