// SPDX-License-Identifier: Apache-2.0
// The numbers that the BPF programs are loaded with.
#pragma once

#include <cstdint>

#include "bpf/tmbpf.h"
#include "symbols/python_target.h"
#include "userspace/trace/trace_options.h"

namespace tmbpf {

struct SkeletonSettings {
  tmbpf_python python{};
  tmbpf_config config{};
  TraceMode mode = TraceMode::exact;
  bool uprobe_multi = false;
};

// `multi`: whether one uprobe_multi link serves many sites.
SkeletonSettings skeleton_settings(const PythonTarget& target, const TraceOptions& options,
                                   bool multi);

}  // namespace tmbpf
