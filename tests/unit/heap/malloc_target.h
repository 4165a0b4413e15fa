// SPDX-License-Identifier: Apache-2.0
// A process with a heap of glibc's malloc, of which the test knows what is in it.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>

namespace tmbpf {

// A forked child that does one step after the other, each when it is told to.
class MallocTarget {
 public:
  using Steps = std::function<void(int step)>;

  // Runs `steps` with 0, 1, ... in the child.
  explicit MallocTarget(const Steps& steps);
  MallocTarget(const MallocTarget&) = delete;
  MallocTarget& operator=(const MallocTarget&) = delete;
  ~MallocTarget();

  void step();  // lets it do the next, and waits until that is done
  void begin_step();
  void await_step();
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  std::array<int, 2> commands_{};
  std::array<int, 2> answers_{};
  pid_t pid_ = -1;
};

}  // namespace tmbpf
