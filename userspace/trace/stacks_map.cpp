// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/stacks_map.h"

#include <bpf/bpf.h>

#include <vector>

#include "bpf/tmbpf.h"
#include "userspace/trace/map_batches.h"

namespace tmbpf {

void forget_stacks(int map_fd, const std::unordered_set<std::uint64_t>& ids) {
  std::vector<std::uint64_t> hashes;
  for_each_element<tmbpf_stack>(map_fd, bpf_map_lookup_batch,
                                [&](std::uint64_t hash, const tmbpf_stack& stack) {
                                  if (ids.contains(stack.id)) {
                                    hashes.push_back(hash);
                                  }
                                });
  for (const std::uint64_t hash : hashes) {
    bpf_map_delete_elem(map_fd, &hash);
  }
}

}  // namespace tmbpf
