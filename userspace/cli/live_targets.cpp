// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "symbols/python_target.h"
#include "userspace/cli/each_target.h"

namespace tmbpf {
namespace {

std::string refusal_text(const Family::Refusals& refusals) {
  std::string note;
  if (refusals.unseen > 0) {
    note = fmt::format("{} forked children ended before they could be traced", refusals.unseen);
  }
  if (refusals.count > 0) {
    note += fmt::format("{}not followed {}; the last: {}", note.empty() ? "" : "; ", refusals.count,
                        refusals.last);
  }
  return note;
}

}  // namespace

pid_t pid_of(const Tracer& tracer) { return tracer.target().identity.pid; }

LiveTargets::LiveTargets(std::span<const pid_t> pids, const TraceOptions& options) {
  const auto attach = [this, &options](pid_t pid) {
    families_.push_back(std::make_unique<Family>(open_python_target(pid), options));
    return 0;
  };
  failed_ = for_each_target(pids, attach);
}

LiveTargets::LiveTargets(std::unique_ptr<Family> family) { families_.push_back(std::move(family)); }

void LiveTargets::poll() {
  for (const auto& family : families_) {
    family->poll();
  }
}

std::vector<int> LiveTargets::fds() const {
  std::vector<int> all;
  for (const auto& family : families_) {
    for (const int fd : family->fds()) {
      all.push_back(fd);
    }
  }
  return all;
}

bool LiveTargets::alive() const {
  return std::ranges::any_of(families_, [](const auto& family) { return family->alive(); });
}

void LiveTargets::detach() {
  for (const auto& family : families_) {
    family->detach();
  }
}

std::vector<Tracer*> LiveTargets::members() const {
  std::vector<Tracer*> all;
  std::set<pid_t> known;
  for (const auto& family : families_) {
    for (Tracer* const tracer : family->members()) {
      if (known.insert(pid_of(*tracer)).second) {
        all.push_back(tracer);
      }
    }
  }
  return all;
}

Tracer* LiveTargets::find(pid_t pid) const {
  for (const auto& family : families_) {
    if (Tracer* const tracer = family->find(pid)) {
      return tracer;
    }
  }
  return nullptr;
}

bool LiveTargets::is_root(pid_t pid) const {
  return std::ranges::any_of(families_,
                             [pid](const auto& family) { return family->root() == pid; });
}

void LiveTargets::release(pid_t pid) {
  for (const auto& family : families_) {
    family->release(pid);
  }
}

std::string LiveTargets::note_of(pid_t pid) const {
  for (const auto& family : families_) {
    if (family->root() == pid) {
      return refusal_text(family->refusals());
    }
  }
  return {};
}

}  // namespace tmbpf
