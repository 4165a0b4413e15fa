// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/session_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "util/log.h"

namespace tmbpf {

SessionMembers::SessionMembers(pid_t root) : root_(root) { members_.try_emplace(root, root); }

void SessionMembers::take(Family& family) {
  for (Tracer* tracer : family.members()) {
    take_one(family, *tracer);
  }
  while (std::count_if(members_.begin(), members_.end(), [](const auto& entry) {
           return entry.second.settled();
         }) > static_cast<std::ptrdiff_t>(kMostEnded)) {
    drop_oldest();
  }
}

void SessionMembers::take_one(Family& family, Tracer& tracer) {
  const pid_t pid = tracer.target().identity.pid;
  const bool ended = tracer.state() != TargetState::running && pid != root_;
  try {
    SessionMember& member = members_.try_emplace(pid, pid).first->second;
    member.renew();  // the pid may be another process's or another program's now
    if (ended) {
      member.settle(tracer);
    }
  } catch (const std::exception& error) {
    members_.erase(pid);
    if (ended) {
      forget(pid, error.what());
    } else {
      family.refuse(pid, error.what());
    }
    family.release(pid);
    return;
  }
  if (ended) {
    family.release(pid);
  }
}

void SessionMembers::drop() {
  std::erase_if(members_, [this](const auto& entry) {
    const auto settled = entry.second.settled_at();
    const bool withdrawn = entry.second.server().withdrawn();
    const bool old = settled && SessionMember::Clock::now() - *settled > kKeepAfterEnd;
    if (old && !withdrawn) {
      forget(entry.first, "it ended too long ago");
    }
    return withdrawn || old;
  });
}

void SessionMembers::drop_oldest() {
  const auto oldest =
      std::min_element(members_.begin(), members_.end(), [](const auto& left, const auto& right) {
        constexpr auto kNever = SessionMember::Clock::time_point::max();
        return left.second.settled_at().value_or(kNever) <
               right.second.settled_at().value_or(kNever);
      });
  forget(oldest->first, fmt::format("{} ended after it", kMostEnded));
  members_.erase(oldest);
}

void SessionMembers::forget(pid_t pid, const std::string& why) {
  ++forgotten_.count;
  forgotten_.last = fmt::format("process {}: {}", pid, why);
  log_debug("forgotten: " + forgotten_.last);
}

SessionMember* SessionMembers::find(pid_t pid) {
  const auto member = members_.find(pid);
  return member != members_.end() ? &member->second : nullptr;
}

}  // namespace tmbpf
