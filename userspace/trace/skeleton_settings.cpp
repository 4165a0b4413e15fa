// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/skeleton_settings.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

namespace tmbpf {
namespace {

std::uint32_t pid_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? static_cast<std::uint32_t>(status.st_ino) : 0;
}

}  // namespace

TraceMode first_method(const TraceOptions& options, bool multi) {
  if (options.mode != TraceMode::automatic) {
    return options.mode;
  }
  return std::isfinite(budget_of(options)) && multi ? TraceMode::sampled : TraceMode::exact;
}

SkeletonSettings skeleton_settings(const PythonTarget& target, const TraceOptions& options,
                                   bool multi) {
  SkeletonSettings settings{.python = target.python, .uprobe_multi = multi};
  settings.method = first_method(options, multi);
  settings.counted = settings.method == TraceMode::sampled;
  settings.always_sampled = options.mode == TraceMode::sampled;
  settings.config.max_traces = options.max_traces;
  settings.config.hold_at_end = options.stop_at_end ? 1 : 0;
  settings.config.follow = options.follow ? 1 : 0;
  settings.config.pid = static_cast<std::uint32_t>(target.identity.pid);
  settings.config.pid_namespace = pid_namespace();
  settings.config.max_frames = std::clamp<std::uint32_t>(options.frames, 1, TMBPF_MAX_FRAMES);
  return settings;
}

}  // namespace tmbpf
