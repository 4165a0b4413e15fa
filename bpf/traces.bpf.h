/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The live blocks and their sums, in all and by stack: put, take, replace. */
#ifndef TMBPF_TRACES_BPF_H
#define TMBPF_TRACES_BPF_H

#include "chunks.bpf.h"

static __always_inline void add_bytes(__u64 size)
{
	__u64 now = __sync_add_and_fetch(&totals.traced_current, size);
	__u64 peak = totals.traced_peak;

	/* Another CPU may raise the peak between the read and the exchange; four tries is more
	 * than the GIL lets happen. */
	for (int i = 0; i < 4 && now > peak; i++)
		peak = __sync_val_compare_and_swap(&totals.traced_peak, peak, now);
}

static __always_inline void sub_bytes(__u64 size)
{
	__sync_fetch_and_add(&totals.traced_current, -size);
}

/* 0: the stack has its hash as id. */
static __always_inline struct tmbpf_stack_sum *sum_of(__u64 stack)
{
	__u32 index = (__u32)stack;

	return stack & TMBPF_STACK_HASHED ? 0 : bpf_map_lookup_elem(&stack_sums, &index);
}

static __always_inline void add_to_stack(const struct tmbpf_trace *trace)
{
	struct tmbpf_stack_sum *sum = sum_of(trace->stack);

	if (!sum)
		return;
	__sync_fetch_and_add(&sum->bytes, trace->size);
	__sync_fetch_and_add(&sum->blocks, 1);
}

static __always_inline void sub_from_stack(const struct tmbpf_trace *trace)
{
	struct tmbpf_stack_sum *sum = sum_of(trace->stack);

	if (!sum)
		return;
	__sync_fetch_and_add(&sum->bytes, -trace->size);
	__sync_fetch_and_add(&sum->blocks, -1);
}

/* Whether a filter leaves out what this stack allocates in the domain of this slot. */
static __always_inline int is_dropped(__u64 stack, int slot)
{
	struct tmbpf_stack_sum *sum;

	if (!filters.active)
		return 0;
	sum = sum_of(stack);
	return sum && (sum->dropped >> slot) & 1;
}

static __always_inline void add_trace(const struct tmbpf_trace *fresh)
{
	__sync_fetch_and_add(&totals.traces, 1);
	add_bytes(fresh->size);
	add_to_stack(fresh);
}

static __always_inline void sub_trace(const struct tmbpf_trace *taken)
{
	sub_bytes(taken->size);
	sub_from_stack(taken);
	__sync_fetch_and_add(&totals.traces, -1);
}

/* Of the traces map. */
static __always_inline int take_from_map(__u64 key, struct tmbpf_trace *taken)
{
	struct tmbpf_trace *trace = bpf_map_lookup_elem(&traces, &key);

	if (!trace)
		return 0;
	*taken = *trace;
	if (bpf_map_delete_elem(&traces, &key))
		return 0;
	sub_trace(taken);
	return 1;
}

static __always_inline int take_from_slot(__u32 *slot, struct tmbpf_trace *taken)
{
	__u32 former = *slot ? __sync_lock_test_and_set(slot, 0) : 0;

	if (!former)
		return 0;
	*taken = from_slot(former);
	sub_trace(taken);
	return 1;
}

/* Takes the trace of `key` out, into `taken`; false when there is none. */
static __always_inline int take_trace(__u64 key, struct tmbpf_trace *taken)
{
	__u32 *slot = slot_of(key);

	return (slot && take_from_slot(slot, taken)) || take_from_map(key, taken);
}

static __always_inline void put_in_map(__u64 key, const struct tmbpf_trace *fresh)
{
	struct tmbpf_trace *trace = bpf_map_lookup_elem(&traces, &key);
	long error;

	if (trace) {
		struct tmbpf_trace before = *trace;

		/* Two stores: a snapshot that reads between them sees one block's size with its
		 * former stack, for one block and one moment. */
		trace->size = fresh->size;
		trace->stack = fresh->stack;
		sub_bytes(before.size);
		sub_from_stack(&before);
		add_bytes(fresh->size);
		add_to_stack(fresh);
		return;
	}
	error = totals.traces >= config.max_traces
		    ? -TMBPF_E2BIG
		    : bpf_map_update_elem(&traces, &key, fresh, BPF_ANY);
	if (error) {
		count(error == -TMBPF_E2BIG ? TMBPF_LOST_TRACES_FULL : TMBPF_LOST_TRACES_MEMORY);
		return;
	}
	add_trace(fresh);
}

static __always_inline void replace_slot(__u32 *slot, const struct tmbpf_trace *fresh)
{
	__u32 before = __sync_lock_test_and_set(slot, to_slot(fresh));
	struct tmbpf_trace former;

	if (before) {
		former = from_slot(before);
		sub_trace(&former);
	}
	add_trace(fresh);
}

static __always_inline void put_in_slot(__u32 *slot, __u64 key, const struct tmbpf_trace *fresh)
{
	struct tmbpf_trace former;
	__u32 before = *slot;

	if (!before && totals.unchunked)
		take_from_map(key, &former);
	if (!before && totals.traces >= config.max_traces) {
		count(TMBPF_LOST_TRACES_FULL);
		return;
	}
	if (method.live)
		totals.last_put = key;
	replace_slot(slot, fresh);
}

/* `small`: pymalloc serves the block, if its size is one of its own. */
static __always_inline void put_trace(__u64 key, const struct tmbpf_trace *fresh, int small)
{
	struct tmbpf_trace former;
	__u32 *slot = slot_of(key);

	if (totals.clearing)
		return;
	small = small && fresh->size <= python.small_request_threshold;
	if (small && fits_slot(fresh)) {
		if (!slot && claim_chunk(key))
			slot = slot_of(key);
		if (slot) {
			put_in_slot(slot, key, fresh);
			return;
		}
	}
	if (small && method.live) { /* nobody would see it freed */
		count(TMBPF_LOST_TRACES_FULL);
		return;
	}
	if (small)
		__sync_fetch_and_add(&totals.unchunked, 1);
	if (slot)
		take_from_slot(slot, &former);
	put_in_map(key, fresh);
}

/* What is recorded of a block; false: nothing. */
static __always_inline int find_trace(__u64 key, struct tmbpf_trace *found)
{
	struct tmbpf_trace *trace;
	__u32 *slot = slot_of(key), packed = slot ? *slot : 0;

	if (packed) {
		*found = from_slot(packed);
		return 1;
	}
	trace = bpf_map_lookup_elem(&traces, &key);
	if (!trace)
		return 0;
	*found = *trace;
	return 1;
}

/* Lets a block that is traced belong to another stack. */
static __always_inline void move_trace(__u64 key, __u64 stack)
{
	struct tmbpf_trace moved, *trace;
	__u32 *slot = slot_of(key), packed = slot ? *slot : 0;

	if (packed) {
		moved = from_slot(packed);
		moved.stack = stack;
		if (fits_slot(&moved)) {
			replace_slot(slot, &moved);
		} else if (take_from_slot(slot, &moved)) {
			moved.stack = stack;
			__sync_fetch_and_add(&totals.unchunked, 1);
			put_in_map(key, &moved);
		}
		return;
	}
	trace = bpf_map_lookup_elem(&traces, &key);
	if (!trace)
		return;
	moved = *trace;
	sub_from_stack(&moved);
	moved.stack = stack;
	trace->stack = stack;
	add_to_stack(&moved);
}

#endif
