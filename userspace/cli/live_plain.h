// SPDX-License-Identifier: Apache-2.0
// The live view as plain text: the tables of all processes, one after the other, again and again.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "userspace/cli/live_display.h"
#include "userspace/cli/live_sampler.h"
#include "userspace/cli/live_targets.h"
#include "userspace/view/live/process_track.h"
#include "userspace/view/live/view_choice.h"

namespace tmbpf {

class LivePlain : public LiveDisplay {
 public:
  // `targets` must outlive the object, and so must `out`. `limit`: groups of each table. Each but
  // the first is compared with the one before.
  LivePlain(LiveTargets& targets, ViewChoice choice, std::size_t limit, std::FILE* out);

  void refresh() override;
  void take_ended() override;
  void show_last() override;

 private:
  void show(Tracer& tracer);
  void print(Tracer& tracer);
  [[nodiscard]] std::size_t width() const;

  LiveTargets& targets_;
  ViewChoice choice_;
  std::size_t limit_;
  std::FILE* out_;
  LiveSampler sampler_;
  std::map<pid_t, ProcessTrack> tracks_;
  std::set<pid_t> done_;  // ended, and shown since
  bool first_ = true;
};

}  // namespace tmbpf
