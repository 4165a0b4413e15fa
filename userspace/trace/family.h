// SPDX-License-Identifier: Apache-2.0
// A target and, with TraceOptions::follow, the Pythons among its descendants, those that it has and
// those that it and they fork and execute: one Tracer each.
//
// A forked child is attached to as soon as its event is here, with its parent's plan; what it
// allocated between its fork and the attach counts as from before the attach. A new program is
// attached to once its interpreter lives. Attaching takes a while (BPF programs are loaded anew),
// so threads do it. Who is no Python, or gone, is forgotten; who cannot be traced is counted.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/trace/newcomer.h"
#include "userspace/trace/trace_options.h"
#include "userspace/trace/tracer.h"
#include "util/unique_fd.h"

namespace tmbpf {

class Family {
 public:
  // Attaches to the target. Throws as Tracer does.
  Family(PythonTarget target, const TraceOptions& options);
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  // Waits for attaches under way.
  ~Family();

  // To be called now and then, and when one of fds() is readable: polls every tracer, begins to
  // follow new processes, takes in those that are attached by now.
  void poll();
  // They change when the root executes a new program.
  [[nodiscard]] std::vector<int> fds() const;

  // The target's pid. Its tracer stays when it ends, since its programs watch the family.
  [[nodiscard]] pid_t root() const { return root_; }
  // The traced processes in the order they came, running or ended; valid until the next poll() or
  // release(). One that executed a new program stays until that one is traced in its place.
  [[nodiscard]] std::vector<Tracer*> members() const;
  [[nodiscard]] Tracer* find(pid_t pid) const;
  // Whether a member still runs, or somebody may turn out to be one.
  [[nodiscard]] bool alive() const;

  // Takes a member out. It is not followed again before it executes a new program; its descendants
  // are. Null for the root and for strangers.
  std::unique_ptr<Tracer> release(pid_t pid);

  // Takes every probe out; what was recorded stays readable.
  void detach();

  // Pythons that could not be traced, and why the last one could not.
  struct Refusals {
    std::size_t count = 0;
    std::string last;
  };
  [[nodiscard]] const Refusals& refusals() const { return refusals_; }

 private:
  [[nodiscard]] Tracer& watcher() const;
  [[nodiscard]] std::shared_ptr<const PythonTarget> program_of(pid_t pid) const;
  void follow_descendants();
  void follow_fork(pid_t parent, pid_t child);
  void follow_exec(pid_t pid);
  void add_newcomer(pid_t pid, std::shared_ptr<const PythonTarget> program);
  void begin_attaching();
  void take_attached();
  void adopt(std::unique_ptr<Tracer> tracer);
  void refuse(pid_t pid, const std::string& why);

  TraceOptions options_;
  pid_t root_;
  UniqueFd attached_;                             // readable when a newcomer is done
  std::vector<std::unique_ptr<Tracer>> members_;  // the root first
  std::unique_ptr<Tracer> replaced_root_;         // of its first program; watches on
  std::vector<std::unique_ptr<Newcomer>> newcomers_;
  Refusals refusals_;
};

}  // namespace tmbpf
