// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/window_probes.h"

#include <ranges>
#include <utility>

#include "tmbpf.skel.h"

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

WindowProbes::WindowProbes(const tmbpf_bpf& skeleton, const PythonTarget& target,
                           tmbpf_stratum stratum, bool freelists)
    : skeleton_(skeleton),
      target_(target),
      stratum_(stratum),
      kept_(target.plan.sites.size(), false) {
  for (std::size_t i = 0; i < target.plan.sites.size(); ++i) {
    const tmbpf_site& site = target.plan.sites[i].site;
    if (stratum_of(site) == stratum && (freelists || site.op != TMBPF_OP_NEW_REFERENCE)) {
      sites_.push_back(i);
    }
  }
}

// Results first, as in ProbeLinks.
std::vector<UprobeLink> WindowProbes::attach(bool kept) const {
  std::vector<UprobeLink> links;
  const std::pair<Program, const bpf_program*> programs[] = {
      {Program::exit, skeleton_.progs.allocate_exit},
      {Program::release, skeleton_.progs.release_enter},
      {Program::owner, skeleton_.progs.owner_enter},
      {Program::enter, skeleton_.progs.allocate_enter}};
  for (const auto& [kind, program] : programs) {
    UprobeBatch batch{.path = target_.image_file->path(), .pid = target_.identity.pid};
    for (const std::size_t index : sites_) {
      const ProbeSite& site = target_.plan.sites[index];
      if (kept_[index] == kept && program_of(site.site) == kind) {
        batch.offsets.push_back(site.file_offset);
        batch.cookies.push_back(index);
        batch.on_return = site.attach == AttachKind::function_return;
      }
    }
    links.emplace_back(program, batch, true);
  }
  return links;
}

void WindowProbes::open() {
  closing_.clear();
  window_ = attach(false);
}

void WindowProbes::close() { close_slowly(std::exchange(window_, {})); }

// The breakpoints go at once; then the kernel waits for its programs, up to 0.1 s for each link.
void WindowProbes::close_slowly(std::vector<UprobeLink> links) {
  for (UprobeLink& link : std::views::reverse(links)) {
    if (link.size() != 0) {
      closing_.emplace_back([gone = std::move(link)]() mutable { gone.detach(); });
    }
  }
}

// The new ones are attached before the former go, so that a site in both keeps its breakpoint.
void WindowProbes::keep(const std::vector<bool>& kept) {
  kept_ = kept;
  std::vector<UprobeLink> former = std::exchange(staying_, attach(true));
  close_slowly(std::move(former));
}

void WindowProbes::keep_all() { keep(std::vector<bool>(kept_.size(), true)); }

void WindowProbes::keep_none() { keep(std::vector<bool>(kept_.size(), false)); }

std::size_t WindowProbes::attached() const {
  std::size_t sum = 0;
  for (const UprobeLink& link : staying_) {
    sum += link.size();
  }
  for (const UprobeLink& link : window_) {
    sum += link.size();
  }
  return sum;
}

}  // namespace tmbpf
