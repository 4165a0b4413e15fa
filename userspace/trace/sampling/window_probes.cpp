// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/window_probes.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "symbols/process/process_identity.h"
#include "tmbpf.skel.h"
#include "userspace/trace/budget/thread_stat.h"

namespace tmbpf {
namespace {

enum class Program : std::uint8_t { exit, release, owner, enter };

Program program_of(const tmbpf_site& site) {
  switch (site.op) {
    case TMBPF_OP_RAW_RETURN:
    case TMBPF_OP_REFILL_RETURN:
      return Program::exit;
    case TMBPF_OP_FREE:
    case TMBPF_OP_RESULT:
      return Program::release;
    case TMBPF_OP_NEW_REFERENCE:
      return Program::owner;
    default:
      return Program::enter;
  }
}

}  // namespace

tmbpf_stratum stratum_of(const tmbpf_site& site) {
  switch (site.op) {
    case TMBPF_OP_MALLOC:
    case TMBPF_OP_CALLOC:
    case TMBPF_OP_REALLOC:
      return site.allocator == TMBPF_RAW ? TMBPF_STRATUM_RAW : TMBPF_STRATUM_SMALL;
    case TMBPF_OP_FREE:
      return site.allocator == TMBPF_RAW ? TMBPF_STRATUM_RAW : TMBPF_STRATUM_NONE;
    case TMBPF_OP_RESULT:
    case TMBPF_OP_RAW_RETURN:
      return TMBPF_STRATUM_RAW;
    case TMBPF_OP_REFILL_RETURN:
    case TMBPF_OP_NEW_REFERENCE:
      return TMBPF_STRATUM_SMALL;
    default:
      return TMBPF_STRATUM_NONE;
  }
}

bool is_small_free(const tmbpf_site& site) {
  return site.op == TMBPF_OP_FREE && site.allocator == TMBPF_PYMALLOC;
}

std::vector<std::size_t> sites_of(const PythonTarget& target, tmbpf_stratum stratum,
                                  bool freelists) {
  std::vector<std::size_t> sites;
  for (std::size_t i = 0; i < target.plan.sites.size(); ++i) {
    const tmbpf_site& site = target.plan.sites[i].site;
    if (stratum_of(site) == stratum && (freelists || site.op != TMBPF_OP_NEW_REFERENCE)) {
      sites.push_back(i);
    }
  }
  return sites;
}

std::vector<std::size_t> small_free_sites(const PythonTarget& target) {
  std::vector<std::size_t> sites;
  for (std::size_t i = 0; i < target.plan.sites.size(); ++i) {
    if (is_small_free(target.plan.sites[i].site)) {
      sites.push_back(i);
    }
  }
  return sites;
}

ProbeKeepers::ProbeKeepers(const tmbpf_bpf& skeleton, const PythonTarget& target)
    : pid(target.identity.pid),
      exit(skeleton.progs.allocate_exit, target.image_file->path(), target.identity.pid),
      release(skeleton.progs.release_enter, target.image_file->path(), target.identity.pid),
      owner(skeleton.progs.owner_enter, target.image_file->path(), target.identity.pid),
      enter(skeleton.progs.allocate_enter, target.image_file->path(), target.identity.pid) {}

std::uint64_t ProbeKeepers::memory() const { return private_bytes(exit.pid()); }

void ProbeKeepers::go_to(pid_t thread) {
  const auto known = thread_stat(pid, thread);
  const auto stat = known ? known : thread_stat(pid, pid);
  for (ProbeKeeper* keeper : all()) {
    keeper->work_on(stat ? stat->cpu : -1);
  }
}

WindowProbes::WindowProbes(ProbeKeepers& keepers, const PythonTarget& target, const SiteHits& hits,
                           std::vector<std::size_t> sites, tmbpf_stratum stratum)
    : keepers_(keepers),
      target_(target),
      hits_(hits),
      stratum_(stratum),
      sites_(std::move(sites)),
      kept_(target.plan.sites.size(), false) {}

// The busiest last: a hit while the kernel attaches the next one waits for it, asleep.
std::vector<std::size_t> WindowProbes::by_hits() const {
  std::vector<std::pair<std::uint32_t, std::size_t>> counted;
  counted.reserve(sites_.size());
  for (const std::size_t site : sites_) {
    counted.emplace_back(hits_.of(site), site);
  }
  std::ranges::sort(counted);
  std::vector<std::size_t> sites;
  sites.reserve(counted.size());
  for (const auto& [hits, site] : counted) {
    sites.push_back(site);
  }
  return sites;
}

// Results first, as in ProbeLinks; of those that come and go the smallest last, since what is
// attached by then is hit meanwhile, and nothing counts before all are.
std::vector<KeptLink> WindowProbes::attach(bool kept) const {
  struct Part {
    Program program;
    ProbeKeeper* keeper;
    ProbeKeeper::Batch batch;
  };
  std::array<Part, 4> parts{
      Part{Program::exit, &keepers_.exit, {}}, Part{Program::release, &keepers_.release, {}},
      Part{Program::owner, &keepers_.owner, {}}, Part{Program::enter, &keepers_.enter, {}}};
  for (const std::size_t index : by_hits()) {
    const ProbeSite& site = target_.plan.sites[index];
    if (takes_pools(index) ? !kept && !listens() : kept_[index] == kept) {
      Part& part = *std::ranges::find(parts, program_of(site.site), &Part::program);
      part.batch.offsets.push_back(site.file_offset);
      part.batch.cookies.push_back(index);
      part.batch.on_return = site.attach == AttachKind::function_return;
    }
  }
  if (!kept) {
    std::ranges::stable_sort(parts, std::greater(),
                             [](const Part& part) { return part.batch.offsets.size(); });
  }
  std::vector<KeptLink> links;
  links.reserve(parts.size());
  for (const Part& part : parts) {
    links.emplace_back(*part.keeper, part.batch);
  }
  return links;
}

// Else those that are attached first are hit while a keeper is still busy with the last window.
void WindowProbes::open(pid_t thread) {
  for (ProbeKeeper* keeper : keepers_.all()) {
    keeper->wait();
  }
  keepers_.go_to(thread);
  window_ = attach(false);
}

// In the reverse order.
void WindowProbes::close(pid_t thread) {
  keepers_.go_to(thread);
  while (!window_.empty()) {
    window_.pop_back();
  }
}

// The former go before the new ones come: what is hit often must not be while hundreds come.
void WindowProbes::keep(const std::vector<bool>& kept) {
  while (!staying_.empty()) {
    staying_.pop_back();
  }
  kept_ = kept;
  kept_.resize(target_.plan.sites.size());
  staying_ = attach(true);
}

void WindowProbes::listen(bool on) {
  if (on == listens()) {
    return;
  }
  ProbeKeeper::Batch batch{.on_return = true};
  for (const std::size_t index : sites_) {
    if (on && takes_pools(index)) {
      batch.offsets.push_back(target_.plan.sites[index].file_offset);
      batch.cookies.push_back(index);
    }
  }
  listening_ = on ? KeptLink(keepers_.exit, batch) : KeptLink();
}

void WindowProbes::keep_all() { keep(std::vector<bool>(kept_.size(), true)); }

void WindowProbes::keep_none() {
  keep(std::vector<bool>(kept_.size(), false));
  listen(false);
}

bool WindowProbes::takes_pools(std::size_t site) const {
  return target_.plan.sites[site].site.op == TMBPF_OP_REFILL_RETURN;
}

std::size_t WindowProbes::attached() const {
  std::size_t sum = listening_.size();
  for (const KeptLink& link : staying_) {
    sum += link.size();
  }
  for (const KeptLink& link : window_) {
    sum += link.size();
  }
  return sum;
}

}  // namespace tmbpf
