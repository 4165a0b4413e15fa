/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helpers that the BPF headers call, for the host test build: the target's memory is a
 * recording, maps are ordinary ones. Implemented in host_platform.cpp.
 */
#ifndef TMBPF_HOST_PLATFORM_H
#define TMBPF_HOST_PLATFORM_H

#include <linux/types.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

long host_read_memory(void *to, __u32 size, __u64 address);
void *host_map_lookup(const void *id, const void *key);
long host_map_update(const void *id, const void *key, const void *value);
long host_map_delete(const void *id, const void *key);
long host_ringbuf_output(const void *data, __u64 size, int wakes);
__u64 host_fs_base(void);
__u64 host_run_delay(void);
__u64 host_pid_tgid(void);
__u64 host_ktime(void);
/* Tells the sizes of a map: each is known by the address of its definition. */
void host_register_map(const void *id, __u32 key_size, __u32 value_size, __u32 max_entries,
                       int is_array);

#ifdef __cplusplus
}
#endif

#ifdef TMBPF_HOST
#define TMBPF_RODATA
#define SEC(name)
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name

enum {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
  BPF_MAP_TYPE_RINGBUF = 27,
  BPF_F_NO_PREALLOC = 1,
  BPF_F_MMAPABLE = 1024,
  BPF_ANY = 0,
  BPF_NOEXIST = 1,
  BPF_EXIST = 2,
  BPF_RB_NO_WAKEUP = 1,
};

#define barrier() __asm__ volatile("" ::: "memory")
#define clamp_size(value, max) ((__u64)(value) > (__u64)(max) ? (__u64)(max) : (__u64)(value))
#define bpf_probe_read_user(to, size, from) host_read_memory(to, (__u32)(size), (__u64)(from))
#define bpf_map_lookup_elem(map, key) host_map_lookup(map, key)
/* Maps of maps hold the one element that each of theirs has. */
#define lookup_inner(map, key) ((void)(key), (map))
#define bpf_map_update_elem(map, key, value, flags) host_map_update(map, key, value)
#define bpf_map_delete_elem(map, key) host_map_delete(map, key)
#define bpf_ringbuf_output(map, data, size, flags) \
  host_ringbuf_output(data, size, (flags) != BPF_RB_NO_WAKEUP)
#define bpf_get_current_pid_tgid() host_pid_tgid()
#define bpf_ktime_get_ns() host_ktime()
#define current_fs_base() host_fs_base()
#define current_run_delay() host_run_delay()

static inline long bpf_loop(__u32 count, long (*callback)(__u32, void *), void *context,
                            __u64 flags) {
  (void)flags;
  for (__u32 i = 0; i < count; i++) {
    if (callback(i, context)) return i + 1;
  }
  return count;
}
#endif

#endif
