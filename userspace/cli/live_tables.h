// SPDX-License-Identifier: Apache-2.0
// The live tables of a family: in plain text one after the other, on the full screen one at a time.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "userspace/cli/live_screen.h"
#include "userspace/cli/live_table.h"
#include "userspace/trace/family.h"

namespace tmbpf {

class LiveTables {
 public:
  // Both must outlive the object. `limit`: rows of each table.
  LiveTables(Family& family, LiveScreen& screen, std::size_t limit)
      : family_(family), screen_(screen), limit_(limit) {}

  // What the members hold now; who ended is shown once more.
  void show();
  // On the full screen: chooses the table that many further.
  void choose(int step);
  // To be called after Family::poll(): in plain text shows what followed processes held when they
  // ended; then lets them go. The full screen keeps the chosen one.
  void take_ended();
  // As plain text what was not shown since it ended, and what runs.
  void show_last();

  [[nodiscard]] bool shown() const { return shown_; }

 private:
  std::vector<std::string> lines_of(Tracer& tracer, std::size_t rows);
  void show_plainly(Tracer& tracer);
  void show_chosen();
  [[nodiscard]] std::size_t chosen_index(const std::vector<Tracer*>& members) const;

  Family& family_;
  LiveScreen& screen_;
  std::size_t limit_;
  std::map<pid_t, LiveTable> tables_;
  std::set<pid_t> done_;  // ended, and shown since
  pid_t chosen_ = 0;      // on the full screen; the root when there is no such member
  bool shown_ = false;
};

}  // namespace tmbpf
