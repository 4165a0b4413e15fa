/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The live blocks and their sums, in all and by stack: put, take, replace. */
#ifndef TMBPF_TRACES_BPF_H
#define TMBPF_TRACES_BPF_H

#include "maps.bpf.h"

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

/* Takes the trace of `key` out, into `taken`; false when there is none. */
static __always_inline int take_trace(__u64 key, struct tmbpf_trace *taken)
{
	struct tmbpf_trace *trace = bpf_map_lookup_elem(&traces, &key);

	if (!trace)
		return 0;
	*taken = *trace;
	if (bpf_map_delete_elem(&traces, &key))
		return 0;
	sub_bytes(taken->size);
	sub_from_stack(taken);
	__sync_fetch_and_add(&totals.traces, -1);
	return 1;
}

static __always_inline void put_trace(__u64 key, const struct tmbpf_trace *fresh)
{
	struct tmbpf_trace *trace;
	long error;

	if (totals.clearing)
		return;
	trace = bpf_map_lookup_elem(&traces, &key);
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
	error = bpf_map_update_elem(&traces, &key, fresh, BPF_ANY);
	if (error) {
		count(error == -TMBPF_E2BIG ? TMBPF_LOST_TRACES_FULL : TMBPF_LOST_TRACES_MEMORY);
		return;
	}
	__sync_fetch_and_add(&totals.traces, 1);
	add_bytes(fresh->size);
	add_to_stack(fresh);
}

/* Lets a block that is traced belong to another stack. */
static __always_inline void move_trace(struct tmbpf_trace *trace, __u64 stack)
{
	struct tmbpf_trace moved = *trace;

	sub_from_stack(&moved);
	moved.stack = stack;
	trace->stack = stack;
	add_to_stack(&moved);
}

#endif
