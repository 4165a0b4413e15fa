// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/record_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "symbols/python_target.h"
#include "userspace/cli/record_loop.h"
#include "userspace/cli/recorder.h"
#include "userspace/cli/signals.h"
#include "userspace/trace/family.h"
#include "userspace/trace/launcher.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

int status_of(RecordEnding ending, std::uint64_t failed) {
  if (failed != 0) {
    return static_cast<int>(ExitStatus::failed);
  }
  switch (ending) {
    case RecordEnding::interrupted:
      return static_cast<int>(ExitStatus::interrupted);
    case RecordEnding::target_gone:
      return static_cast<int>(ExitStatus::target);
    case RecordEnding::none:
    case RecordEnding::complete:
    case RecordEnding::program_done:
      break;
  }
  return static_cast<int>(ExitStatus::done);
}

// Before anything is attached.
void check_output(const RecordOptions& options, pid_t pid, int progress) {
  Recorder(options, progress, {}).check(pid);
}

int record_pid(const RecordOptions& options, const CaptureOptions& capture,
               const Signals& signals) {
  std::signal(SIGPIPE, SIG_IGN);  // the files matter, not who reads along
  check_output(options, options.pid, STDOUT_FILENO);
  Family family(open_python_target(options.pid), capture.trace_options());
  RecordLoop loop(options, family, signals, nullptr);
  const RecordEnding ending = loop.run();
  family.detach();
  loop.recorder().print_summary();
  if (ending == RecordEnding::target_gone) {
    log_warning(fmt::format("process {} {}; its last file has what it held last", options.pid,
                            to_string(family.find(options.pid)->state())));
  }
  return status_of(ending, loop.recorder().failed());
}

int record_program(const RecordOptions& options, const CaptureOptions& capture,
                   const Signals& signals) {
  LaunchedProgram program(options.program);
  std::signal(SIGPIPE, SIG_IGN);  // not the program's
  check_output(options, program.pid(), STDERR_FILENO);
  TraceOptions trace = capture.program_options();
  trace.stop_at_end = true;
  Family family(program.take_target(), trace);
  RecordLoop loop(options, family, signals, &program);
  program.resume();
  loop.run();
  family.detach();
  program.resume();  // it may be stopped where it began to finalize
  loop.recorder().print_summary();
  loop.wait_for_program();
  const int status = program.wait();
  return status == 0 ? status_of(RecordEnding::program_done, loop.recorder().failed()) : status;
}

}  // namespace

int run_record(RecordOptions options, const CaptureOptions& capture) {
  const Signals signals;
  options.follow = capture.trace.follow;
  return options.program.empty() ? record_pid(options, capture, signals)
                                 : record_program(options, capture, signals);
}

}  // namespace tmbpf
