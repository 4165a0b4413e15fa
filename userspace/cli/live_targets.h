// SPDX-License-Identifier: Apache-2.0
// The processes that a live view shows: those that were asked for, and whom they let follow.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "userspace/trace/family.h"
#include "userspace/trace/trace_options.h"

namespace tmbpf {

class LiveTargets {
 public:
  // Attaches to each. Of several, those that cannot be traced are reported and left out; what is
  // thrown for a single one passes.
  LiveTargets(std::span<const pid_t> pids, const TraceOptions& options);
  explicit LiveTargets(std::unique_ptr<Family> family);

  // See Family. To be called now and then.
  void poll();
  [[nodiscard]] std::vector<int> fds() const;
  [[nodiscard]] bool alive() const;
  void detach();

  // All that are traced, running or ended, each pid once; valid until the next poll() or release().
  [[nodiscard]] std::vector<Tracer*> members() const;
  [[nodiscard]] Tracer* find(pid_t pid) const;
  // Whether it was asked for. Such a one stays when it has ended.
  [[nodiscard]] bool is_root(pid_t pid) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Family>>& families() const { return families_; }
  // Lets go of one that was followed.
  void release(pid_t pid);
  // Of a root: who of its family is not traced, and why; else empty.
  [[nodiscard]] std::string note_of(pid_t pid) const;
  // Why some that were asked for are not traced: the first one's status; 0: all are.
  [[nodiscard]] int failed() const { return failed_; }

 private:
  std::vector<std::unique_ptr<Family>> families_;
  int failed_ = 0;
};

pid_t pid_of(const Tracer& tracer);

}  // namespace tmbpf
