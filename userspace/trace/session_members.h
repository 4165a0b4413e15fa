// SPDX-License-Identifier: Apache-2.0
// The processes of a session, those that run and those that ended, by their pids.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>

#include "userspace/trace/family.h"
#include "userspace/trace/session_member.h"

namespace tmbpf {

// What ended processes left is kept for so long, for a snapshot to fetch, and of those that were
// followed only so many: a server may go through workers without end.
inline constexpr std::chrono::hours kKeepAfterEnd{1};
inline constexpr std::size_t kMostEnded = 32;

class SessionMembers {
 public:
  // Makes the root's socket; throws Error when it cannot.
  explicit SessionMembers(pid_t root);

  // To be called after Family::poll(): gives new members a socket, and keeps what ended ones left
  // without their tracers. Who can have no socket is released and counted among the refusals; what
  // an ended one left is forgotten when it cannot be kept, or is the oldest of too many. Never
  // throws.
  void take(Family& family);
  // Lets go of the stopped and, as forgotten, of those that ended long ago.
  void drop();

  // Null when there is none.
  SessionMember* find(pid_t pid);
  std::map<pid_t, SessionMember>& all() { return members_; }

  // Ended processes whose last state is kept no more, and why the last one's is not.
  struct Forgotten {
    std::size_t count = 0;
    std::string last;
  };
  [[nodiscard]] const Forgotten& forgotten() const { return forgotten_; }

 private:
  void take_one(Family& family, Tracer& tracer);
  void drop_oldest();
  void forget(pid_t pid, const std::string& why);

  pid_t root_;
  std::map<pid_t, SessionMember> members_;
  Forgotten forgotten_;
};

}  // namespace tmbpf
