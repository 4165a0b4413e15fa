// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/loss_counters.h"

#include <array>

#include "bpf/tmbpf.h"

namespace tmbpf {
namespace {

struct Wording {
  tmbpf_counter counter;
  const char* key;
  const char* what;
};

constexpr std::array kWordings{
    Wording{TMBPF_LOST_TRACES_FULL, "traces_full",
            "blocks not recorded: the limit is reached, raise --max-traces"},
    Wording{TMBPF_LOST_TRACES_MEMORY, "traces_memory",
            "blocks not recorded: the kernel had no memory for them"},
    Wording{TMBPF_LOST_PENDING, "pending",
            "blocks not recorded: too many threads allocate at once"},
    Wording{TMBPF_LOST_STALE, "stale", "requests whose result was not seen"},
    Wording{TMBPF_LOST_OPERAND, "operand", "probe hits whose operand could not be read"},
    Wording{TMBPF_LOST_POOL, "pool", "blocks not recorded: pool header not readable"},
    Wording{TMBPF_LOST_SCRATCH, "scratch", "stacks not taken: no scratch space on the CPU"},
    Wording{TMBPF_LOST_FRAMES, "frames", "stacks cut short: a frame was not readable"},
    Wording{TMBPF_LOST_STACKS, "stacks", "stack descriptions lost, sent again when next seen"},
    Wording{TMBPF_LOST_CODES, "codes", "code descriptions lost, sent again when next seen"},
    Wording{TMBPF_LOST_DOMAINS, "domains", "blocks not recorded: too many tracemalloc domains"},
    Wording{TMBPF_LOST_OTHER_GIL, "other_gil",
            "blocks not recorded: of subinterpreters with a GIL of their own"},
    Wording{TMBPF_LOST_OWNERS, "owners",
            "objects from free lists left with their last owner: type not readable"},
    Wording{TMBPF_LOST_PROCESSES, "processes",
            "forks and new programs not followed: no room to note them"},
};
static_assert(kWordings.size() == TMBPF_COUNTERS - TMBPF_FIRST_LOSS);

}  // namespace

std::vector<Loss> describe_losses(std::span<const std::uint64_t> counters,
                                  const Collector::Counts& collector) {
  std::vector<Loss> losses;
  const auto add = [&losses](const char* what, const char* key, std::uint64_t count) {
    if (count != 0) {
      losses.push_back({what, key, count});
    }
  };
  for (const Wording& wording : kWordings) {
    if (wording.counter < counters.size()) {
      add(wording.what, wording.key, counters[wording.counter]);
    }
  }
  add("stacks without a description (shown as <unknown>)", "unresolved_stacks",
      collector.unresolved_stacks);
  add("code objects with a name or a line table that was not whole", "incomplete_codes",
      collector.incomplete_codes);
  add("damaged messages", "damaged_events", collector.damaged_events);
  return losses;
}

}  // namespace tmbpf
