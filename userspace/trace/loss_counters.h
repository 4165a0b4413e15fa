// SPDX-License-Identifier: Apache-2.0
// The kernel's and the collector's counters of what was not seen, in words.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "userspace/trace/collector.h"
#include "userspace/trace/trace_status.h"

namespace tmbpf {

// `counters`: one value for each enum tmbpf_counter, summed over the CPUs.
std::vector<Loss> describe_losses(std::span<const std::uint64_t> counters,
                                  const Collector::Counts& collector);

}  // namespace tmbpf
