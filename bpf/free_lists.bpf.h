/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Objects that change their owner without the allocator: CPython keeps some in free lists. */
#ifndef TMBPF_FREE_LISTS_BPF_H
#define TMBPF_FREE_LISTS_BPF_H

#include "allocations.bpf.h"

enum { /* Py_TPFLAGS_ */
       TYPE_HEAPTYPE = 1 << 9,
       TYPE_HAVE_GC = 1 << 14,
       TYPE_LONG_SUBCLASS = 1 << 24,
};

/* What CPython asked for when it made the object at `object` (_PyObject_VAR_SIZE of objimpl.h), its
 * PyGC_Head included; 0: not readable. A PyLongObject's ob_size is no number of items (3.12+), and
 * only those of one digit lie in a free list. */
static __always_inline __u64 object_size(__u64 object, __u64 type, __u64 flags)
{
	__u64 basic = 0, item = 0, items = 1;

	if (read_target(&basic, sizeof(basic), type + python.type_tp_basicsize) ||
	    read_target(&item, sizeof(item), type + python.type_tp_itemsize))
		return 0;
	if (item && !(flags & TYPE_LONG_SUBCLASS) &&
	    read_target(&items, sizeof(items), object + python.object_ob_size))
		return 0;
	basic = (basic + item * items + 7) & ~7ULL;
	return flags & TYPE_HAVE_GC ? basic + python.gc_head_size : basic;
}

/*
 * The block of an object that a free list gave, which filters left out when it was allocated: it is
 * recorded for its new owner. Where that can be told, only what is such a block: one of pymalloc's,
 * of the size class, or a large one. User-defined types have no free lists.
 */
static __always_inline void adopt(__u64 block, __u64 size, __u64 flags)
{
	int size_class = is_small(size) ? (int)((size - 1) >> python.alignment_shift) : -1;

	if (flags & TYPE_HEAPTYPE || !size || size < filters.min_size ||
	    size_class_of(block) != size_class)
		return;
	record(block, size, 1, 0);
}

/* The block in a slot that the object lies in; 0: there is none, or it lies elsewhere. It begins at
 * the object or at the PyGC_Head before it, and no block begins within another: which of the two
 * need not be read from the object's type. Not in mode live, where slots may hold what is gone. */
static __always_inline __u64 block_in_slot(__u64 object)
{
	__u64 block = object - python.gc_head_size;
	__u32 *slot = slot_of(object);

	if (method.live || method.sampled)
		return 0;
	if (slot && *slot)
		return object;
	slot = slot_of(block);
	return slot && from_slot(*slot).size > python.gc_head_size ? block : 0;
}

static __always_inline void move_to_running(__u64 block)
{
	__u64 stack = python_stack(1, 0);

	move_trace(block, is_dropped(stack, 0) ? TMBPF_STACK_HIDDEN : stack);
	count(TMBPF_COUNT_REOWNED);
}

/* An object begins a new life (_PyTraceMalloc_NewReference): its block, if known, gets its new
 * owner's stack. What CPython keeps in free lists comes by here and not by its allocator. Types
 * with a pre-header larger than PyGC_Head (3.11+) have no free lists: their objects are not found.
 */
static __always_inline void new_reference(__u64 object)
{
	struct tmbpf_trace known;
	__u64 type = 0, flags = 0, block = block_in_slot(object);

	count(TMBPF_COUNT_NEW_REFERENCES);
	if (block) {
		move_to_running(block);
		return;
	}
	block = object;
	if (read_target(&type, sizeof(type), object + python.object_ob_type) ||
	    read_target(&flags, sizeof(flags), type + python.type_tp_flags)) {
		count(TMBPF_LOST_OWNERS);
		return;
	}
	if (flags & TYPE_HAVE_GC)
		block -= python.gc_head_size;
	if (method.sampled) {
		if (method.phase == TMBPF_PHASE_RECORDING)
			log_sample(TMBPF_SAMPLE_OWNED, block, 0, python_stack(1, 0));
		else
			log_sample(TMBPF_SAMPLE_GONE, block, 0, 0);
		return;
	}
	if (!find_trace(block, &known)) {
		if (filters.active && !is_code_dropped(1))
			adopt(block, object_size(object, type, flags), flags);
		return;
	}
	move_to_running(block);
}

#endif
