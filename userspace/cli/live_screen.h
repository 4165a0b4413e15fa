// SPDX-License-Identifier: Apache-2.0
// The live view on the full screen, and what its keys ask for.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>

#include "userspace/cli/live_display.h"
#include "userspace/cli/live_options.h"
#include "userspace/cli/live_sampler.h"
#include "userspace/cli/live_targets.h"
#include "userspace/cli/output_series.h"
#include "userspace/cli/output_template.h"
#include "userspace/files/source_files.h"
#include "userspace/view/live/live_view.h"
#include "userspace/view/terminal_guard.h"
#include "userspace/view/terminal_top.h"

namespace tmbpf {

class LiveScreen : public LiveDisplay {
 public:
  // Whether standard input and output are a terminal.
  static bool possible();

  // All must outlive the object. Throws Error: see TerminalTop; (usage) for options that do not
  // fit.
  LiveScreen(LiveTargets& targets, const LiveOptions& options, const TerminalGuard& guard);

  void refresh() override;
  void take_ended() override;
  void show_last() override;
  [[nodiscard]] int input_fd() const override { return TerminalTop::input_fd(); }
  bool take_keys() override;
  [[nodiscard]] bool stays() const override { return true; }
  void suspend() override;
  void resume() override;

 private:
  void take_chosen();
  void draw();
  void write_snapshot();
  std::string write_snapshot_of(Tracer& tracer);

  LiveTargets& targets_;
  const LiveOptions& options_;
  OutputTemplate names_;
  std::map<pid_t, OutputSeries> series_;
  LiveSampler sampler_;
  std::map<pid_t, SourceFiles> sources_;
  std::set<const Tracer*> done_;  // ended, and taken since
  std::unique_ptr<TerminalTop> top_;
  LiveView view_;
};

}  // namespace tmbpf
