// SPDX-License-Identifier: Apache-2.0
// Owner of the loaded BPF object.
#pragma once

#include <cstdint>
#include <memory>

#include "symbols/allocator/probe_plan.h"
#include "userspace/trace/skeleton_settings.h"

struct tmbpf_bpf;

namespace tmbpf {

struct SkeletonDeleter {
  void operator()(tmbpf_bpf* skeleton) const;
};
using SkeletonPtr = std::unique_ptr<tmbpf_bpf, SkeletonDeleter>;

// Loads the programs with these numbers and fills the sites map from the plan: site i of the plan
// has cookie i. Nothing is attached. Throws Error (failed, not_permitted) with the verifier's last
// words when the kernel refuses.
SkeletonPtr load_skeleton(const SkeletonSettings& settings, const ProbePlan& plan);

// Kernel memory of all maps of the skeleton, in bytes.
std::uint64_t map_memory(const tmbpf_bpf& skeleton);

}  // namespace tmbpf
