// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/family.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "symbols/process/process_tree.h"
#include "userspace/trace/leftovers.h"
#include "userspace/trace/start_time.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

// Each takes kernel memory of its own; what is above is refused and counted.
constexpr int kMostMembers = 64;  // with the root
// A member's part of the limit of traces, whose empty map has a price; but not less than these.
constexpr std::uint32_t kShare = 8;
constexpr std::uint32_t kLeastTraces = 1U << 18U;
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
    : options_(options),
      root_(target.identity.pid),
      attached_(make_eventfd()),
      places_(kMostMembers - 1) {
  members_.push_back({std::make_unique<Tracer>(std::move(target), options), nullptr});
  if (options.follow) {
    follow_descendants();
  }
  begin_attaching();
  remove_leftovers();
}

Family::~Family() {
  for (const auto& newcomer : newcomers_) {
    newcomer->give_up();
  }
}

std::vector<Tracer*> Family::members() const {
  std::vector<Tracer*> members;
  for (const Member& member : members_) {
    members.push_back(member.tracer.get());
  }
  return members;
}

Tracer* Family::find(pid_t pid) const {
  for (const Member& member : members_) {
    if (member.tracer->target().identity.pid == pid) {
      return member.tracer.get();
    }
  }
  return nullptr;
}

bool Family::alive() const {
  return !newcomers_.empty() || std::any_of(members_.begin(), members_.end(), [](const auto& one) {
    return one.tracer->state() == TargetState::running;
  });
}

std::vector<int> Family::fds() const { return {attached_.get(), watcher().news_fd()}; }

Tracer& Family::watcher() const {
  return replaced_root_ ? *replaced_root_ : *members_.front().tracer;
}

void Family::poll() {
  eventfd_t count = 0;
  ::eventfd_read(attached_.get(), &count);
  for (const Member& member : members_) {
    member.tracer->poll();
  }
  if (replaced_root_) {
    replaced_root_->poll();
  }
  for (const ProcessEvent& event : watcher().take_family_events()) {
    follow_event(event);
  }
  take_attached();
  begin_attaching();
}

// The event tells who it was, however late it is read: the pid may be another process's by then.
void Family::follow_event(const ProcessEvent& event) {
  const bool forked = event.kind == ProcessEvent::Kind::forked;
  const ProcessIdentity process{.pid = forked ? event.child : event.pid,
                                .start_time = start_ticks(event.start),
                                .command = {}};
  if (process.pid == 0) {
    return;  // our pid namespace does not see it
  }
  if (forked) {
    follow_fork(event.pid, process);
  } else {
    follow_exec(process);
  }
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
        if (const auto process = find_process(pid)) {
          add_newcomer(*process, nullptr);
        }
        more = true;
      }
    }
  }
}

// A child may have been found before its fork is told.
void Family::follow_fork(pid_t parent, const ProcessIdentity& child) {
  const Tracer* known = find(child.pid);
  const bool coming = std::any_of(newcomers_.begin(), newcomers_.end(), [&](const auto& newcomer) {
    return newcomer->process() == child && !newcomer->given_up();
  });
  if (!coming && (known == nullptr || !(known->target().identity == child))) {
    add_newcomer(child, program_of(parent));
  }
}

void Family::follow_exec(const ProcessIdentity& process) {
  for (const auto& newcomer : newcomers_) {
    if (newcomer->pid() == process.pid) {
      newcomer->give_up();
    }
  }
  add_newcomer(process, nullptr);
}

void Family::add_newcomer(const ProcessIdentity& process,
                          std::shared_ptr<const PythonTarget> program) {
  const auto former = place_of(process.pid);
  if (former != members_.end()) {
    former->tracer->retire();
    former->place.reset();  // for the one that takes its place
  }
  newcomers_.push_back(std::make_unique<Newcomer>(process, std::move(program),
                                                  options_of(process.pid),
                                                  process.pid == root_ ? nullptr : &places_));
}

void Family::set_filters(const RecordingFilters& filters) {
  options_.filters = filters;
  for (Tracer* tracer : members()) {
    tracer->set_filters(filters);
  }
}

TraceOptions Family::options_of(pid_t pid) const {
  TraceOptions options = options_;
  options.follow = false;  // the root's programs watch the whole family
  if (pid != root_) {
    options.stop_at_end = false;
    options.max_traces =
        std::min(options_.max_traces, std::max(options_.max_traces / kShare, kLeastTraces));
  }
  return options;
}

std::vector<Family::Member>::iterator Family::place_of(pid_t pid) {
  return std::find_if(members_.begin(), members_.end(), [pid](const Member& member) {
    return member.tracer->target().identity.pid == pid;
  });
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

// Each is asked once whether it is done: it may become so at any moment.
void Family::take_attached() {
  const auto done = std::stable_partition(newcomers_.begin(), newcomers_.end(),
                                          [](const auto& newcomer) { return !newcomer->done(); });
  const std::vector<std::unique_ptr<Newcomer>> taken(std::make_move_iterator(done),
                                                     std::make_move_iterator(newcomers_.end()));
  newcomers_.erase(done, newcomers_.end());
  for (const auto& newcomer : taken) {
    if (!newcomer->given_up()) {
      take(*newcomer);
    }
  }
  std::erase_if(newcomers_,
                [](const auto& newcomer) { return newcomer->given_up() && !newcomer->begun(); });
}

void Family::take(Newcomer& newcomer) {
  if (auto tracer = newcomer.take_tracer()) {
    adopt(std::move(tracer), newcomer.take_place());
  } else if (!newcomer.refusal().empty()) {
    refuse(newcomer.pid(), newcomer.refusal());
  } else if (newcomer.program()) {
    ++refusals_.unseen;
  }
}

void Family::refuse(pid_t pid, const std::string& why) {
  ++refusals_.count;
  refusals_.last = fmt::format("process {}: {}", pid, why);
  log_debug("not followed: " + refusals_.last);
}

void Family::adopt(std::unique_ptr<Tracer> tracer, Places::Place place) {
  const pid_t pid = tracer->target().identity.pid;
  const auto same = place_of(pid);
  if (same == members_.end()) {
    members_.push_back({std::move(tracer), std::move(place)});
    return;
  }
  std::swap(same->tracer, tracer);
  same->place = std::move(place);
  if (pid == root_ && !replaced_root_) {
    replaced_root_ = std::move(tracer);
  }
}

void Family::detach() {
  for (const Member& member : members_) {
    member.tracer->detach();
  }
}

std::unique_ptr<Tracer> Family::release(pid_t pid) {
  const auto same = place_of(pid);
  if (same == members_.end() || pid == root_) {
    return nullptr;
  }
  std::unique_ptr<Tracer> tracer = std::move(same->tracer);
  members_.erase(same);
  return tracer;
}

}  // namespace tmbpf
