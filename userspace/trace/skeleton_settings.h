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
  TraceMode method = TraceMode::exact;  // never automatic
  bool counted = false;                 // hits are counted by site
  bool always_sampled = false;          // no other method will come
  bool uprobe_multi = false;
};

// How allocations are followed until mode auto has chosen. `multi`: whether one uprobe_multi link
// serves many sites.
TraceMode first_method(const TraceOptions& options, bool multi);

// `multi`: likewise.
SkeletonSettings skeleton_settings(const PythonTarget& target, const TraceOptions& options,
                                   bool multi);

}  // namespace tmbpf
