// SPDX-License-Identifier: Apache-2.0
#include "tests/support/python_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include "tests/support/python_root.h"

namespace tmbpf {
namespace {

// As exec wants them; they point into `texts`.
std::vector<char*> c_strings(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

PythonProcess::PythonProcess(const std::string& python, const std::string& source,
                             const std::vector<std::string>& environment) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe");
  }
  std::vector<std::string> variables{"PYTHONHASHSEED=0", "PATH=/usr/bin:/bin",
                                     "PYTHONUNBUFFERED=1"};
  variables.insert(variables.end(), environment.begin(), environment.end());
  std::vector<std::string> words = python_command(python);
  words.insert(words.end(), {"-s", "-c", source});
  const std::vector<char*> arguments = c_strings(words);
  const std::vector<char*> pointers = c_strings(variables);
  started_ = ::fork();
  if (started_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execve(arguments[0], arguments.data(), pointers.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
  pid_ = in_root(python) ? wait_for_inner_pid(started_) : started_;
}

PythonProcess::~PythonProcess() {
  kill();
  ::close(output_);
}

std::string PythonProcess::read_line(int seconds) {
  for (;;) {
    const std::size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    pollfd wait{output_, POLLIN, 0};
    std::array<char, 4096> chunk{};
    if (::poll(&wait, 1, seconds * 1000) <= 0) {
      throw std::runtime_error("the Python target said nothing in time");
    }
    const ssize_t size = ::read(output_, chunk.data(), chunk.size());
    if (size <= 0) {
      throw std::runtime_error("the Python target ended");
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(size));
  }
}

void PythonProcess::write_line(const std::string& line) const {
  const std::string text = line + '\n';
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the Python target reads no more");
  }
}

int PythonProcess::finish() {
  if (input_ >= 0) {
    ::close(input_);
    input_ = -1;
  }
  int status = 0;
  if (started_ <= 0 || ::waitpid(started_, &status, 0) != started_) {
    return -1;
  }
  started_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void PythonProcess::kill() {
  if (started_ > 0) {
    ::kill(pid_, SIGKILL);
  }
  finish();
}

}  // namespace tmbpf
