// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/family.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "symbols/process/process_tree.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

// Each takes the kernel memory of a session; what is above is refused and counted.
constexpr std::size_t kMostMembers = 64;
// Most of them sleep until a new program turns out to be a Python or not.
constexpr std::ptrdiff_t kMostThreads = 32;

UniqueFd make_eventfd() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) {
    throw Error("cannot make an eventfd", "allow more open files (ulimit -n)");
  }
  return fd;
}

}  // namespace

Family::Family(PythonTarget target, const TraceOptions& options)
    : options_(options), root_(target.identity.pid), attached_(make_eventfd()) {
  members_.push_back(std::make_unique<Tracer>(std::move(target), options));
  if (options.follow) {
    follow_descendants();
  }
  begin_attaching();
}

Family::~Family() {
  for (const auto& newcomer : newcomers_) {
    newcomer->give_up();
  }
}

std::vector<Tracer*> Family::members() const {
  std::vector<Tracer*> members;
  for (const auto& member : members_) {
    members.push_back(member.get());
  }
  return members;
}

Tracer* Family::find(pid_t pid) const {
  for (const auto& member : members_) {
    if (member->target().identity.pid == pid) {
      return member.get();
    }
  }
  return nullptr;
}

bool Family::alive() const {
  return !newcomers_.empty() || std::any_of(members_.begin(), members_.end(), [](const auto& one) {
    return one->state() == TargetState::running;
  });
}

std::vector<int> Family::fds() const { return {attached_.get(), watcher().news_fd()}; }

Tracer& Family::watcher() const { return replaced_root_ ? *replaced_root_ : *members_.front(); }

void Family::poll() {
  eventfd_t count = 0;
  ::eventfd_read(attached_.get(), &count);
  for (const auto& member : members_) {
    member->poll();
  }
  if (replaced_root_) {
    replaced_root_->poll();
  }
  for (const tmbpf_process_event& event : watcher().take_family_events()) {
    if (event.kind == TMBPF_EVENT_FORK) {
      follow_fork(static_cast<pid_t>(event.tgid), static_cast<pid_t>(event.child));
    } else {
      follow_exec(static_cast<pid_t>(event.tgid));
    }
  }
  take_attached();
  begin_attaching();
}

// Those that were there before. Who is forked by one that is not watched yet is found by looking
// again.
void Family::follow_descendants() {
  std::set<pid_t> known;
  for (bool more = true; more;) {
    more = false;
    for (const pid_t pid : descendants_of(root_)) {
      if (known.insert(pid).second) {
        watcher().watch(pid);
        add_newcomer(pid, nullptr);
        more = true;
      }
    }
  }
}

// A child may have been found before its fork is told.
void Family::follow_fork(pid_t parent, pid_t child) {
  const Tracer* known = find(child);
  const bool coming = std::any_of(newcomers_.begin(), newcomers_.end(), [&](const auto& newcomer) {
    return newcomer->pid() == child && !newcomer->given_up();
  });
  if (!coming && (known == nullptr || known->state() != TargetState::running)) {
    add_newcomer(child, program_of(parent));
  }
}

void Family::follow_exec(pid_t pid) {
  for (const auto& newcomer : newcomers_) {
    if (newcomer->pid() == pid) {
      newcomer->give_up();
    }
  }
  add_newcomer(pid, nullptr);
}

void Family::add_newcomer(pid_t pid, std::shared_ptr<const PythonTarget> program) {
  if (pid == 0) {
    return;  // our pid namespace does not see it
  }
  if (Tracer* former = find(pid)) {
    former->retire();
  }
  TraceOptions options = options_;
  options.follow = false;  // the root's programs watch the whole family
  options.stop_at_end = options_.stop_at_end && pid == root_;
  newcomers_.push_back(std::make_unique<Newcomer>(pid, std::move(program), options));
}

// What a child of `pid` runs when it is forked; null when that is not known.
std::shared_ptr<const PythonTarget> Family::program_of(pid_t pid) const {
  for (const auto& newcomer : newcomers_) {
    if (newcomer->pid() == pid && !newcomer->given_up()) {
      return newcomer->program();
    }
  }
  const Tracer* parent = find(pid);
  return parent != nullptr && parent->state() != TargetState::executed
             ? std::make_shared<const PythonTarget>(parent->target())
             : nullptr;
}

void Family::begin_attaching() {
  auto running = std::count_if(newcomers_.begin(), newcomers_.end(),
                               [](const auto& newcomer) { return newcomer->begun(); });
  for (auto newcomer = newcomers_.begin(); newcomer != newcomers_.end() && running < kMostThreads;
       ++newcomer) {
    // One after the other on a process: each holds its lock.
    const bool first = std::none_of(newcomers_.begin(), newcomer, [&](const auto& earlier) {
      return earlier->pid() == (*newcomer)->pid();
    });
    if (first && !(*newcomer)->begun()) {
      (*newcomer)->begin(attached_.get());
      ++running;
    }
  }
}

void Family::take_attached() {
  for (const auto& newcomer : newcomers_) {
    if (!newcomer->done() || newcomer->given_up()) {
      continue;
    }
    if (auto tracer = newcomer->take_tracer()) {
      adopt(std::move(tracer));
    } else if (!newcomer->refusal().empty()) {
      refuse(newcomer->pid(), newcomer->refusal());
    }
  }
  std::erase_if(newcomers_, [](const auto& newcomer) {
    return newcomer->done() || (newcomer->given_up() && !newcomer->begun());
  });
}

void Family::refuse(pid_t pid, const std::string& why) {
  ++refusals_.count;
  refusals_.last = fmt::format("process {}: {}", pid, why);
  log_debug("not followed: " + refusals_.last);
}

void Family::adopt(std::unique_ptr<Tracer> tracer) {
  const pid_t pid = tracer->target().identity.pid;
  const auto same = std::find_if(members_.begin(), members_.end(), [pid](const auto& member) {
    return member->target().identity.pid == pid;
  });
  if (same == members_.end()) {
    if (members_.size() < kMostMembers) {
      members_.push_back(std::move(tracer));
    } else {
      refuse(pid, fmt::format("{} processes are traced already", kMostMembers));
    }
    return;
  }
  std::swap(*same, tracer);
  if (pid == root_ && !replaced_root_) {
    replaced_root_ = std::move(tracer);
  }
}

void Family::detach() {
  for (const auto& member : members_) {
    member->detach();
  }
}

std::unique_ptr<Tracer> Family::release(pid_t pid) {
  const auto same = std::find_if(members_.begin(), members_.end(), [pid](const auto& member) {
    return member->target().identity.pid == pid;
  });
  if (same == members_.end() || pid == root_) {
    return nullptr;
  }
  std::unique_ptr<Tracer> tracer = std::move(*same);
  members_.erase(same);
  return tracer;
}

}  // namespace tmbpf
