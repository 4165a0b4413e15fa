// SPDX-License-Identifier: Apache-2.0
// A target and, with TraceOptions::follow, the Pythons among its descendants, those that it has and
// those that it and they fork and execute: one Tracer each.
//
// A forked child is attached to as soon as its event is here, with its parent's plan; what it
// allocated between its fork and the attach counts as from before the attach. A new program is
// attached to once its interpreter lives. Attaching takes a while (BPF programs are loaded anew),
// so threads do it. Who is no Python, or gone, is forgotten; who cannot be traced is counted, and
// so is a forked child that ended before its tracer was attached. Members other than the target
// keep an eighth of TraceOptions::max_traces, at least 262,144: their empty maps cost a quarter of
// its.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "symbols/process/process_identity.h"
#include "symbols/python_target.h"
#include "userspace/trace/newcomer.h"
#include "userspace/trace/places.h"
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
  // The tracer of the target's first program, when it executed another: it watches the family on.
  [[nodiscard]] Tracer* former_root() const { return replaced_root_.get(); }
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
    std::size_t unseen = 0;  // forked children that ended before they could be traced
  };
  [[nodiscard]] const Refusals& refusals() const { return refusals_; }
  void refuse(pid_t pid, const std::string& why);

  // For all its members, and those who will come.
  void set_filters(const RecordingFilters& filters);

 private:
  struct Member {
    std::unique_ptr<Tracer> tracer;
    Places::Place place;  // of all but the root
  };

  [[nodiscard]] Tracer& watcher() const;
  [[nodiscard]] std::shared_ptr<const PythonTarget> program_of(pid_t pid) const;
  void follow_descendants();
  void follow_event(const ProcessEvent& event);
  void follow_fork(pid_t parent, const ProcessIdentity& child);
  void follow_exec(const ProcessIdentity& process);
  void add_newcomer(const ProcessIdentity& process, std::shared_ptr<const PythonTarget> program);
  void begin_attaching();
  void take_attached();
  void take(Newcomer& newcomer);
  void adopt(std::unique_ptr<Tracer> tracer, Places::Place place);
  [[nodiscard]] TraceOptions options_of(pid_t pid) const;
  [[nodiscard]] std::vector<Member>::iterator place_of(pid_t pid);

  TraceOptions options_;
  pid_t root_;
  UniqueFd attached_;  // readable when a newcomer is done
  Places places_;
  std::vector<Member> members_;            // the root first
  std::unique_ptr<Tracer> replaced_root_;  // of its first program; watches on
  std::vector<std::unique_ptr<Newcomer>> newcomers_;
  Refusals refusals_;
};

}  // namespace tmbpf
