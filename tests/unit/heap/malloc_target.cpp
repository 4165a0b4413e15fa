// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/heap/malloc_target.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace tmbpf {

MallocTarget::MallocTarget(const Steps& steps) {
  if (::pipe(commands_.data()) != 0 || ::pipe(answers_.data()) != 0) {
    throw std::runtime_error("no pipe");
  }
  pid_ = ::fork();
  if (pid_ != 0) {
    ::close(commands_[0]);
    ::close(answers_[1]);
    return;
  }
  ::close(commands_[1]);
  ::close(answers_[0]);
  char word = 0;
  for (int step = 0; ::read(commands_[0], &word, 1) == 1; ++step) {
    steps(step);
    if (::write(answers_[1], &word, 1) != 1) {
      break;
    }
  }
  ::_exit(0);
}

MallocTarget::~MallocTarget() {
  ::close(commands_[1]);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(answers_[0]);
}

void MallocTarget::begin_step() {
  const char word = 's';
  if (::write(commands_[1], &word, 1) != 1) {
    throw std::runtime_error("the child is gone");
  }
}

void MallocTarget::await_step() {
  char word = 0;
  if (::read(answers_[0], &word, 1) != 1) {
    throw std::runtime_error("the child is gone");
  }
}

void MallocTarget::step() {
  begin_step();
  await_step();
}

}  // namespace tmbpf
