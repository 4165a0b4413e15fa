// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "userspace/cli/live_loop.h"
#include "userspace/cli/live_plain.h"
#include "userspace/cli/live_screen.h"
#include "userspace/cli/live_targets.h"
#include "userspace/cli/output_template.h"
#include "userspace/cli/signals.h"
#include "userspace/trace/family.h"
#include "userspace/trace/launcher.h"
#include "userspace/view/terminal_guard.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

int status_of(LiveEnding ending) {
  switch (ending) {
    case LiveEnding::interrupted:
      return static_cast<int>(ExitStatus::interrupted);
    case LiveEnding::target_gone:
      return static_cast<int>(ExitStatus::target);
    case LiveEnding::none:
    case LiveEnding::quit:
    case LiveEnding::program_done:
      break;
  }
  return static_cast<int>(ExitStatus::done);
}

void tell_end(const LiveTargets& targets) {
  for (const auto& family : targets.families()) {
    log_warning(fmt::format("process {} {}; above is what it held last", family->root(),
                            to_string(family->find(family->root())->state())));
  }
}

int watch_pids(const LiveOptions& options, const CaptureOptions& capture) {
  const bool full_screen = !options.once && LiveScreen::possible();
  std::optional<TerminalGuard> guard;  // before all that must go when this process goes
  if (full_screen) {
    guard.emplace();
  }
  const Signals signals(full_screen ? Signals::Kind::job : Signals::Kind::plain);
  LiveTargets targets(options.pids, capture.trace_options());
  if (targets.families().empty()) {
    return targets.failed();
  }
  std::unique_ptr<LiveDisplay> display;
  if (full_screen) {
    display = std::make_unique<LiveScreen>(targets, options, *guard);
  } else {
    display = std::make_unique<LivePlain>(targets, options.choice(), options.limit, stdout);
  }
  LiveLoop loop(options, targets, signals, *display, nullptr);
  const LiveEnding ending = loop.run();
  loop.show_last();
  if (ending == LiveEnding::target_gone) {
    tell_end(targets);
  }
  const int status = status_of(ending);
  return status == 0 ? targets.failed() : status;
}

int watch_program(const LiveOptions& options, const CaptureOptions& capture) {
  const Signals signals;
  LaunchedProgram program(options.program);
  TraceOptions trace = capture.program_options();
  trace.stop_at_end = true;
  LiveTargets targets(std::make_unique<Family>(program.take_target(), trace));
  // The program owns stdout; tables go where its own output is not disturbed.
  LivePlain display(targets, options.choice(), options.limit, stderr);
  program.resume();
  LiveLoop loop(options, targets, signals, display, &program);
  loop.run();
  loop.show_last();
  targets.detach();
  program.resume();  // it may be stopped where it began to finalize
  return program.wait();
}

}  // namespace

int run_live(const LiveOptions& live, const CaptureOptions& capture) {
  static_cast<void>(live.choice());  // what does not fit is said before anything is done
  static_cast<void>(OutputTemplate(live.output));
  return live.program.empty() ? watch_pids(live, capture) : watch_program(live, capture);
}

}  // namespace tmbpf
