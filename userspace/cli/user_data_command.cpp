// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/user_data_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "util/unique_fd.h"

namespace tmbpf {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLook = 100;  // milliseconds between looks at whether to give up
constexpr int kSoon = 5;    // milliseconds: it has closed its output, so its end is near

std::vector<std::string> environment_for(pid_t target) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("TMBPF_PID=")) {
      variables.emplace_back(*variable);
    }
  }
  variables.push_back(fmt::format("TMBPF_PID={}", target));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// The signals that tmbpf blocks are the command's own business.
void set_attributes(posix_spawnattr_t& attributes) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
}

// 0, or an errno.
int spawn_shell(const std::string& command, pid_t target, int output, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  set_attributes(attributes);
  std::vector<std::string> words{"sh", "-c", command};
  std::vector<std::string> variables = environment_for(target);
  const int error = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, pointers_to(words).data(),
                                  pointers_to(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

std::string ending_of(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("the command was killed by signal {}", WTERMSIG(status));
  }
  return WEXITSTATUS(status) == 0
             ? std::string()
             : fmt::format("the command failed: exit status {}", WEXITSTATUS(status));
}

// A command that runs, and what it has printed.
class RunningCommand {
 public:
  RunningCommand(pid_t pid, UniqueFd output) : pid_(pid), output_(std::move(output)) {}

  UserData finish(const std::function<bool()>& give_up) {
    const auto end = Clock::now() + kUserDataTime;
    while (!ended()) {
      if (Clock::now() >= end) {
        kill(fmt::format("the command took more than {} s and was killed", kUserDataTime.count()));
      } else if (give_up()) {
        kill("the command was interrupted");
      } else {
        wait(end);
      }
    }
    read();
    if (data_.error.empty()) {
      data_.error = ending_of(*status_);
    }
    if (data_.error.empty() && cut_) {
      data_.error = fmt::format("the command printed more than {} bytes: cut", kMostUserData);
    }
    if (data_.text.ends_with('\n')) {
      data_.text.pop_back();
    }
    return std::move(data_);
  }

 private:
  bool ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) != 0) {
      status_ = status;
    }
    return status_.has_value();
  }

  void kill(std::string why) {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    status_ = status;
    data_.error = std::move(why);
  }

  // For output, or the end of the output, which is that of most commands; else a short while.
  void wait(Clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd waits{open_ ? output_.get() : -1, POLLIN, 0};
    const int longest = open_ ? kLook : kSoon;
    ::poll(&waits, 1, static_cast<int>(std::clamp<long>(left, 0, longest)));
    if (waits.revents != 0) {
      read();
    }
  }

  // What is there now; something that the command left behind may hold the pipe for ever.
  void read() {
    std::array<char, 1U << 14U> chunk{};
    for (std::size_t taken = 0; open_ && taken < 4 * kMostUserData;) {
      const ssize_t size = ::read(output_.get(), chunk.data(), chunk.size());
      if (size <= 0) {
        open_ = size < 0 && (errno == EAGAIN || errno == EINTR);
        return;
      }
      const auto room = kMostUserData - data_.text.size();
      cut_ = cut_ || static_cast<std::size_t>(size) > room;
      data_.text.append(chunk.data(), std::min(static_cast<std::size_t>(size), room));
      taken += static_cast<std::size_t>(size);
    }
  }

  pid_t pid_;
  UniqueFd output_;
  bool open_ = true;
  std::optional<int> status_;  // as waitpid(2) tells it
  bool cut_ = false;
  UserData data_;
};

}  // namespace

UserData run_user_data(const std::string& command, pid_t target,
                       const std::function<bool()>& give_up) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return {.text = {}, .error = fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  }
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  pid_t pid = 0;
  if (const int error = spawn_shell(command, target, writer.get(), pid); error != 0) {
    return {.text = {}, .error = fmt::format("cannot start /bin/sh: {}", std::strerror(error))};
  }
  writer.reset();
  return RunningCommand(pid, std::move(reader)).finish(give_up);
}

}  // namespace tmbpf
