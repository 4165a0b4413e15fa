/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Every map and every shared variable: who writes it, who reads it, what happens when it is full.
 */
#ifndef TMBPF_MAPS_BPF_H
#define TMBPF_MAPS_BPF_H

#include "platform.bpf.h"
#include "tmbpf_taken_pools.h"

/* Read-only data: set by the tracer before loading. */
TMBPF_RODATA struct tmbpf_python python = {};
TMBPF_RODATA struct tmbpf_config config = {};

/* .bss: written here, read by the collector through the skeleton's mapping. */
struct tmbpf_totals totals = {};
struct tmbpf_domains domains = {};
struct tmbpf_filters filters = {};
struct tmbpf_method method = {};
__u32 site_hits[TMBPF_MAX_SITES] = {}; /* by cookie, with method.counted */

/* The pools that pymalloc took blocks from at last, by size class; 0: none yet. */
enum { SIZE_CLASSES = 64 };
__u64 front_pools[SIZE_CLASSES] = {};

/* Probe sites by cookie. Written by the tracer before attaching, read here. Resized to the plan. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TMBPF_MAX_SITES);
	__type(key, __u32);
	__type(value, struct tmbpf_site);
} sites SEC(".maps");

/* Live blocks by address and domain slot, but for those in chunks. Written here, read by the
 * collector. Full: the block is not recorded and counted in TMBPF_LOST_TRACES_FULL. Resized by
 * --max-traces; not preallocated, so that its price is that of the blocks it holds. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, __u64);
	__type(value, struct tmbpf_trace);
} traces SEC(".maps");

/* The chunks of the regions, by a hash of the region's number (address >> TMBPF_REGION_SHIFT):
 * where it is taken, in one of the next TMBPF_REGION_TRIES. Written here, mapped and read by the
 * tracer. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TMBPF_REGIONS);
	__type(key, __u32);
	__type(value, struct tmbpf_region);
} regions SEC(".maps");

/* The chunks: each is a map of its own, mapped by the tracer, which makes them as they are needed.
 * None left: the block goes into traces; in live mode it is lost (TMBPF_LOST_TRACES_FULL), since
 * nobody would see it freed there. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TMBPF_MAX_CHUNKS);
	__type(key, __u32);
	__array(
	    values, struct {
		    __uint(type, BPF_MAP_TYPE_ARRAY);
		    __uint(map_flags, BPF_F_MMAPABLE);
		    __uint(max_entries, 1);
		    __uint(key_size, sizeof(__u32));
		    __uint(value_size, sizeof(struct tmbpf_chunk));
	    });
} chunks SEC(".maps");

/* The log of the window that is open: the first method.logged elements. Full: the rest of the
 * window is not recorded. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tmbpf_samples);
} samples SEC(".maps");

/* struct tmbpf_taken_pool, emptied by the tracer. Full: the pool is not told. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} taken_pools SEC(".maps");

/* Requests in flight, by pid_tgid. Full: TMBPF_LOST_PENDING. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TMBPF_MAX_THREADS);
	__type(key, __u64);
	__type(value, struct tmbpf_pending);
} pending SEC(".maps");

/* Stacks that have an id, by hash. Full: the stack gets its hash as id, and is sent each time. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 19);
	__type(key, __u64);
	__type(value, struct tmbpf_stack);
} stacks SEC(".maps");

/* Sums and verdicts by stack id; TMBPF_STACK_UNKNOWN and TMBPF_STACK_HIDDEN have theirs. Mapped by
 * the tracer, which reads the sums and writes the verdicts. Resized to config.max_stacks. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 19);
	__type(key, __u32);
	__type(value, struct tmbpf_stack_sum);
} stack_sums SEC(".maps");

/* Mapped and written by the tracer, read here. Code objects with a larger id have no verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tmbpf_code_verdicts);
} code_verdicts SEC(".maps");

/* Mapped and emptied by the tracer, written and read here. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tmbpf_dropped_codes);
} dropped_codes SEC(".maps");

/* Code objects that were sent, by address; removed when the code object is freed. Full: sent
 * again under a new id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 18);
	__type(key, __u64);
	__type(value, struct tmbpf_code);
} codes SEC(".maps");

/* Ids of code objects by a hash of what is told of them: compiled again and again, as templates
 * are, they keep their id, and stacks theirs. Full: sent again under a new id. Resized with codes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 18);
	__type(key, __u64);
	__type(value, __u32);
} code_contents SEC(".maps");

/* Bytes that are 1 where some code object's address hashes to: spares most frees the look-up in
 * codes. Never cleared. */
enum { CODE_FILTER_SLOTS = 1 << 16 };
struct code_filter {
	__u8 slots[CODE_FILTER_SLOTS];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct code_filter);
} code_filter SEC(".maps");

/* Processes that descend from the target and run, by tgid_here(), when they are followed; the value
 * means nothing. Written by the programs and, for those from before the attach, by the tracer.
 * Full: what the process forks and executes is not followed, counted in TMBPF_LOST_PROCESSES. Not
 * preallocated, and resized to 1 where nobody is followed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, __u8);
} family SEC(".maps");

/* Descriptions of stacks and code objects, to the collector. Full: the description is lost,
 * counted, and sent again at the next sight. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[TMBPF_COUNTERS]);
} counters SEC(".maps");

/* A code object as a scratch remembers it: a look-up here costs a fraction of one in codes. Valid
 * while no code object has been freed since (totals.code_generation). */
struct cached_code {
	__u64 address;
	__u32 generation;
	__u32 firsttraceable;
	__u32 id;
	__u32 pad;
};

/* Likewise a stack that was sent. */
struct cached_stack {
	__u64 key; /* its hash and filters.generation, added */
	__u64 id;  /* 0: none */
};

/* Space for one stack, one code object and a part of the data stack, too large for the BPF stack.
 * A program may be preempted by another task's program on the same CPU, so there are several and
 * each is claimed: what lies in one has one writer at a time. */
enum {
	SCRATCH_SLOTS = 4,
	WINDOW_BYTES = 4096, /* read of the data stack at once; frames lie side by side in it */
	CACHED_CODES = 512,
	CACHED_STACKS = 256,
};
struct scratch {
	__u64 busy;
	struct cached_code codes[CACHED_CODES];
	struct cached_stack stacks[CACHED_STACKS];
	__u8 window[WINDOW_BYTES + TMBPF_FRAME_BYTES];
	struct tmbpf_stack_event stack;
	struct tmbpf_code_event code;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline void count(enum tmbpf_counter which)
{
	__u32 zero = 0;
	__u64 *values = bpf_map_lookup_elem(&counters, &zero);

	if (values && which < TMBPF_COUNTERS)
		values[which]++;
}

#endif
