// SPDX-License-Identifier: Apache-2.0
#include "tests/host_bpf/host_platform.h"

#include <cstring>
#include <map>
#include <vector>

#include "tests/host_bpf/host_state.h"

namespace tmbpf {

HostState& host_state() {
  static HostState state;
  return state;
}

}  // namespace tmbpf

using tmbpf::host_state;
using tmbpf::HostMap;

namespace {

std::vector<unsigned char> key_of(const HostMap& map, const void* key) {
  const auto* bytes = static_cast<const unsigned char*>(key);
  return {bytes, bytes + map.key_size};
}

}  // namespace

long host_read_memory(void* to, __u32 size, __u64 address) {
  return host_state().memory(address, {static_cast<std::byte*>(to), size}) ? 0 : -14;
}

void* host_map_lookup(const void* id, const void* key) {
  HostMap& map = host_state().maps.at(id);
  const auto bytes = key_of(map, key);
  auto found = map.values.find(bytes);
  if (found == map.values.end() && map.is_array) {
    std::uint32_t index = 0;
    std::memcpy(&index, key, sizeof(index));
    if (index >= map.max_entries) {
      return nullptr;
    }
    found = map.values.emplace(bytes, std::vector<unsigned char>(map.value_size)).first;
  }
  return found == map.values.end() ? nullptr : found->second.data();
}

long host_map_update(const void* id, const void* key, const void* value) {
  HostMap& map = host_state().maps.at(id);
  const auto bytes = key_of(map, key);
  if (map.values.find(bytes) == map.values.end() && map.values.size() >= map.max_entries) {
    return -7;  // E2BIG, as the kernel's hash map
  }
  const auto* from = static_cast<const unsigned char*>(value);
  map.values[bytes].assign(from, from + map.value_size);
  return 0;
}

long host_map_delete(const void* id, const void* key) {
  HostMap& map = host_state().maps.at(id);
  return map.values.erase(key_of(map, key)) == 1 ? 0 : -2;
}

long host_ringbuf_output(const void* data, __u64 size, int wakes) {
  auto& state = host_state();
  if (state.ring_full) {
    return -11;
  }
  const auto* bytes = static_cast<const std::byte*>(data);
  state.events.emplace_back(bytes, bytes + size);
  state.wake_ups += wakes;
  return 0;
}

__u64 host_fs_base() { return host_state().fs_base; }

__u64 host_pid_tgid() { return host_state().thread; }

__u64 host_ktime() { return host_state().ktime; }
__u64 host_run_delay() { return host_state().run_delay; }

void host_register_map(const void* id, __u32 key_size, __u32 value_size, __u32 max_entries,
                       int is_array) {
  host_state().maps[id] = HostMap{key_size, value_size, max_entries, is_array != 0, {}};
}
