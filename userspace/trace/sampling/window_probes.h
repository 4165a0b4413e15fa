// SPDX-License-Identifier: Apache-2.0
// The probes of a stratum's sampling windows: those that are hit often come and go with each
// window, since a hit costs as much outside of one; those that are hit seldom stay, since attaching
// costs, too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/sampling/probe_keeper.h"
#include "userspace/trace/sampling/site_hits.h"

namespace tmbpf {

tmbpf_stratum stratum_of(const tmbpf_site& site);
bool is_small_free(const tmbpf_site& site);  // pymalloc's

// By index in the plan. `freelists`: as TraceOptions has it.
std::vector<std::size_t> sites_of(const PythonTarget& target, tmbpf_stratum stratum,
                                  bool freelists);
std::vector<std::size_t> small_free_sites(const PythonTarget& target);

// The processes that hold the probes, one for each program.
struct ProbeKeepers {
  ProbeKeepers(const tmbpf_bpf& skeleton, const PythonTarget& target);

  // Bytes that the keepers have, which as copies of one process they have in common; some of them
  // may still be shared with that process, too.
  [[nodiscard]] std::uint64_t memory() const;

  // They work where the target's thread runs now.
  void go_to(pid_t thread);

  pid_t pid;
  ProbeKeeper exit;
  ProbeKeeper release;
  ProbeKeeper owner;
  ProbeKeeper enter;

  std::array<ProbeKeeper*, 4> all() { return {&exit, &release, &owner, &enter}; }
};

class WindowProbes {
 public:
  // Both must outlive it. Nothing is attached yet. `sites`: by index in the plan, ascending.
  WindowProbes(ProbeKeepers& keepers, const PythonTarget& target, const SiteHits& hits,
               std::vector<std::size_t> sites, tmbpf_stratum stratum = TMBPF_STRATUM_NONE);

  // Attaches what comes and goes, once the kernel is done with the last window; throws Error as
  // UprobeLink does. Until close(), which returns before the kernel is done.
  // `thread`: the one of the target that is likely to run, whose CPU that is done on.
  void open(pid_t thread);
  void close(pid_t thread);
  // Attaches those sites where pymalloc takes pools, or leaves them to windows. Not while one is
  // open.
  void listen(bool on);
  [[nodiscard]] bool listens() const { return listening_.size() != 0; }
  // Which of the others stay attached from now on: those, by index in the plan, that are set.
  void keep(const std::vector<bool>& kept);
  void keep_all();
  void keep_none();
  [[nodiscard]] tmbpf_stratum stratum() const { return stratum_; }
  // Indices in the plan of all its sites.
  [[nodiscard]] std::span<const std::size_t> sites() const { return sites_; }
  // Whether the site is where pymalloc takes pools (taken_pools.h).
  [[nodiscard]] bool takes_pools(std::size_t site) const;
  // Probes attached: those that stay, and with an open window the others.
  [[nodiscard]] std::size_t attached() const;

 private:
  [[nodiscard]] std::vector<std::size_t> by_hits() const;
  [[nodiscard]] std::vector<KeptLink> attach(bool kept) const;

  ProbeKeepers& keepers_;
  const PythonTarget& target_;
  SiteHits hits_;
  tmbpf_stratum stratum_;
  std::vector<std::size_t> sites_;
  std::vector<bool> kept_;
  KeptLink listening_;
  std::vector<KeptLink> staying_;
  std::vector<KeptLink> window_;
};

}  // namespace tmbpf
