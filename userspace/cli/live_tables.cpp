// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_tables.h"

#include <fmt/format.h>

#include <algorithm>

namespace tmbpf {
namespace {

// Who of the family has no table, and why.
std::string note_of(const Family::Refusals& refusals) {
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

pid_t pid_of(const Tracer& tracer) { return tracer.target().identity.pid; }

}  // namespace

std::vector<std::string> LiveTables::lines_of(Tracer& tracer, std::size_t rows) {
  const pid_t pid = pid_of(tracer);
  if (tracer.state() != TargetState::running) {
    done_.insert(pid);
  } else if (done_.erase(pid) != 0) {
    tables_.erase(pid);  // another process or program by now
  }
  const std::string note = pid == family_.root() ? note_of(family_.refusals()) : std::string();
  return tables_[pid].lines(tracer, rows, screen_.width(), note);
}

void LiveTables::show() {
  shown_ = true;
  if (screen_.full_screen()) {
    show_chosen();
    return;
  }
  for (Tracer* tracer : family_.members()) {
    show_plainly(*tracer);
  }
}

void LiveTables::show_plainly(Tracer& tracer) {
  if (tracer.state() == TargetState::running || !done_.contains(pid_of(tracer))) {
    screen_.show(lines_of(tracer, limit_));
  }
}

std::size_t LiveTables::chosen_index(const std::vector<Tracer*>& members) const {
  const auto chosen = std::find_if(members.begin(), members.end(), [this](const Tracer* tracer) {
    return pid_of(*tracer) == chosen_;
  });
  return chosen == members.end() ? 0 : static_cast<std::size_t>(chosen - members.begin());
}

void LiveTables::show_chosen() {
  const auto members = family_.members();
  const std::size_t index = chosen_index(members);
  const bool several = members.size() > 1;
  const std::size_t rows = screen_.rows(limit_);
  auto lines = lines_of(*members[index], several && rows > 1 ? rows - 1 : rows);
  if (several) {
    lines.insert(lines.begin(), fmt::format("process {} of {}: n shows the next, p the previous",
                                            index + 1, members.size()));
  }
  screen_.show(lines);
}

void LiveTables::choose(int step) {
  const auto members = family_.members();
  const auto count = static_cast<int>(members.size());
  const int index = (static_cast<int>(chosen_index(members)) + step) % count;
  chosen_ = pid_of(*members[static_cast<std::size_t>(index < 0 ? index + count : index)]);
}

void LiveTables::take_ended() {
  for (Tracer* tracer : family_.members()) {
    const pid_t pid = pid_of(*tracer);
    if (tracer->state() == TargetState::running || pid == family_.root() ||
        (screen_.full_screen() && pid == chosen_)) {
      continue;
    }
    if (!screen_.full_screen()) {
      show_plainly(*tracer);
    }
    family_.release(pid);
    tables_.erase(pid);
    done_.erase(pid);
  }
}

void LiveTables::show_last() {
  if (screen_.full_screen()) {
    screen_.close();
    done_.clear();
  }
  for (Tracer* tracer : family_.members()) {
    show_plainly(*tracer);
  }
}

}  // namespace tmbpf
