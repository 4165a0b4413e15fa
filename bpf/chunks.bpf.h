/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Where pymalloc's blocks are kept: slots in chunks, found from the address. */
#ifndef TMBPF_CHUNKS_BPF_H
#define TMBPF_CHUNKS_BPF_H

#include "maps.bpf.h"

static __always_inline __u32 *slot_in(__u32 index, __u64 address)
{
	void *map = bpf_map_lookup_elem(&chunks, &index);
	struct tmbpf_chunk *chunk;
	__u32 zero = 0;

	if (!map)
		return 0;
	chunk = lookup_inner(map, &zero);
	if (!chunk)
		return 0;
	return &chunk->slots[(address >> TMBPF_SLOT_SHIFT) & (TMBPF_CHUNK_SLOTS - 1)];
}

/* The slot of the block with this key, whether it is there or not; 0: its region has no chunk. */
static __always_inline __u32 *slot_of(__u64 key)
{
	__u32 region = (__u32)(key >> TMBPF_REGION_SHIFT), *index;

	if (key >> TMBPF_DOMAIN_SHIFT)
		return 0;
	index = bpf_map_lookup_elem(&regions, &region);
	return index ? slot_in(*index, key) : 0;
}

/* Gives the region of the address a chunk, if there is a spare one. */
static __noinline int claim_chunk(__u64 address)
{
	__u32 region = (__u32)(address >> TMBPF_REGION_SHIFT), index;

	if (totals.chunks >= totals.chunks_ready)
		return 0;
	index = __sync_fetch_and_add(&totals.chunks, 1);
	return index < totals.chunks_ready &&
	       bpf_map_update_elem(&regions, &region, &index, BPF_NOEXIST) == 0;
}

/* Whether a block of pymalloc may be kept in a slot. */
static __always_inline int fits_slot(const struct tmbpf_trace *trace)
{
	return trace->stack < TMBPF_SLOT_STACKS && trace->size - 1 < TMBPF_SLOT_SIZE_MASK;
}

static __always_inline __u32 to_slot(const struct tmbpf_trace *trace)
{
	return (__u32)trace->stack << TMBPF_SLOT_STACK_SHIFT | (__u32)trace->size;
}

static __always_inline struct tmbpf_trace from_slot(__u32 slot)
{
	return (struct tmbpf_trace){.size = slot & TMBPF_SLOT_SIZE_MASK,
				    .stack = slot >> TMBPF_SLOT_STACK_SHIFT};
}

#endif
