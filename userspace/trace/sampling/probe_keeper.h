// SPDX-License-Identifier: Apache-2.0
// A process of its own that attaches and detaches one program's probes.
//
// A process that is killed while it takes probes out leaves breakpoints behind in the target: the
// kernel gives up when a fatal signal is pending ("unregister, leaking uprobe",
// kernel/events/uprobes.c, 6.18). Windows attach and detach all the time, so that it would happen
// to one in ten of those that kill tmbpf amid them. Nobody kills this process, which blocks every
// signal; when tmbpf goes, however it goes, it takes all of its probes out and ends.
//
// A thread of the target that hits a probe while the kernel puts in or takes out another waits for
// that, asleep, and the kernel for it, again and again (find_active_uprobe_rcu, 6.18). So this
// process takes the CPU from that thread meanwhile, if it may (SCHED_FIFO): the work is done
// sooner.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "util/unique_fd.h"

struct bpf_program;

namespace tmbpf {

// Of any thread.
class ProbeKeeper {
 public:
  static constexpr std::uint32_t kLinks = 16;  // at a time

  // Of the target `pid`. `path`: of the probed file, openable from here. Throws Error.
  ProbeKeeper(const bpf_program* program, const std::string& path, pid_t pid);
  ProbeKeeper(const ProbeKeeper&) = delete;
  ProbeKeeper& operator=(const ProbeKeeper&) = delete;
  // Returns when every probe is out.
  ~ProbeKeeper();

  struct Batch {
    bool on_return = false;
    std::vector<std::uint64_t> offsets;  // in the file
    std::vector<std::uint64_t> cookies;  // as many
  };
  // Work on a few probes is done on that CPU from now on, before whatever else runs there.
  void work_on(int cpu) { cpu_ = cpu; }
  // Attaches by one uprobe_multi link, named by the number returned. Throws Error as UprobeLink.
  std::uint32_t attach(const Batch& batch);
  // The breakpoints go at once; the kernel then waits for its programs, but this does not.
  void detach(std::uint32_t link);
  // Until it has done all that it was told.
  void wait();
  [[nodiscard]] pid_t pid() const { return keeper_; }

 private:
  struct Shared;

  void go_to_work(std::size_t probes);

  pid_t pid_;
  std::atomic<int> cpu_ = -1;
  std::mutex mutex_;
  Shared* shared_;  // with the process
  UniqueFd socket_;
  pid_t keeper_ = -1;
  std::uint64_t used_ = 0;  // bit i: link i exists
  std::array<std::size_t, kLinks> probes_{};
};

// A link of a keeper, which must outlive it.
class KeptLink {
 public:
  KeptLink() = default;
  KeptLink(ProbeKeeper& keeper, const ProbeKeeper::Batch& batch);
  KeptLink(KeptLink&& other) noexcept;
  KeptLink& operator=(KeptLink&& other) noexcept;
  KeptLink(const KeptLink&) = delete;
  KeptLink& operator=(const KeptLink&) = delete;
  ~KeptLink() { detach(); }

  void detach();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  ProbeKeeper* keeper_ = nullptr;
  std::uint32_t link_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tmbpf
