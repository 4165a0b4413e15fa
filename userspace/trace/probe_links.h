// SPDX-License-Identifier: Apache-2.0
// Every link of one session, attached and detached in the order that keeps the traces true.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/trace_options.h"
#include "userspace/trace/uprobe_link.h"

struct bpf_link;

namespace tmbpf {

class ProbeLinks {
 public:
  // Attaches. Results and frees come first, requests last: a request whose free or result is not
  // watched yet would leave a trace that nothing removes. Throws Error as UprobeLink does. The
  // skeleton must outlive the object.
  // `method`: what is attached here is what it always needs.
  ProbeLinks(const tmbpf_bpf& skeleton, const PythonTarget& target, const TraceOptions& options,
             TraceMode method, bool multi);

  // In the reverse order. Idempotent. With follow, the descendants are watched until the end of the
  // object.
  void detach();

  // Frees the target's forked children of the breakpoints that they inherited. Nothing to do
  // without uprobe_multi: perf events heal by themselves.
  void heal_children(const PythonTarget& target) const;

  // Allocation, owner, free and result probes attached.
  [[nodiscard]] std::size_t size() const {
    return requests_.size() + releases_.size() + returns_.size() + owners_.size();
  }

 private:
  struct LinkDeleter {
    void operator()(bpf_link* link) const;
  };
  void watch_lifecycle();

  const tmbpf_bpf* skeleton_;
  bool multi_;
  bool follow_;
  bool attached_ = false;
  std::vector<std::unique_ptr<bpf_link, LinkDeleter>> lifecycle_;  // exec and fork
  UprobeLink returns_;
  UprobeLink releases_;
  UprobeLink requests_;
  UprobeLink owners_;
  UprobeLink finalize_;
};

}  // namespace tmbpf
