/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The rules of one allocation: request -> result -> trace, and free.
 * They follow Python/tracemalloc.c (Modules/_tracemalloc.c before 3.12):
 * only the outermost allocator call of a thread makes a trace, a known address is replaced, an
 * unknown free ignored, a failed realloc changes nothing, a moved one drops the old block first.
 *
 * The outermost rule costs no bookkeeping for pymalloc's large requests: pymalloc passes them to
 * the raw domain with the size unchanged, so the raw request makes the one trace.
 */
#ifndef TMBPF_ALLOCATIONS_BPF_H
#define TMBPF_ALLOCATIONS_BPF_H

#include "python_stack.bpf.h"
#include "samples.bpf.h"
#include "traces.bpf.h"

#define TMBPF_NO_TRACE (~0ULL) /* tmbpf_pending.held.stack: nothing is held */

/* Whether filters leave out a new block of this size, as far as that can be told at little cost. */
static __always_inline int is_filtered(__u64 size, int holds_gil)
{
	return filters.active && (size < filters.min_size || is_code_dropped(holds_gil));
}

/* What a window sees of a block that is handed out. The tail wants only the address. */
static __always_inline void sample(__u64 address, __u64 size, int holds_gil, __u64 top)
{
	__u64 stack;

	if (method.phase == TMBPF_PHASE_TAIL) {
		log_sample(TMBPF_SAMPLE_GONE, address, 0, 0);
		return;
	}
	stack = python_stack(holds_gil, top);
	if ((filters.active && size < filters.min_size) || is_dropped(stack, 0)) {
		count(TMBPF_COUNT_FILTERED);
		stack = TMBPF_STACK_HIDDEN;
	}
	log_sample(TMBPF_SAMPLE_ALLOCATED, address, size, stack);
}

/* pymalloc took a pool while no window is open. */
static __always_inline void pool_taken(__u64 address)
{
	struct tmbpf_taken_pool taken = {.address = address};
	__u64 now = bpf_ktime_get_ns(), flags = BPF_RB_NO_WAKEUP;

	if (!address)
		return;
	forget_code(address);
	taken.stack = python_stack(1, 0);
	if (is_dropped(taken.stack, 0))
		taken.stack = TMBPF_STACK_HIDDEN;
	if (now > method.awake_until) {
		method.awake_until = now + TMBPF_POOLS_LOOK;
		flags = 0;
	}
	bpf_ringbuf_output(&taken_pools, &taken, sizeof(taken), flags);
}

/* `holds_gil`: a block of pymalloc's domains, though pymalloc itself need not serve it. `top`: of
 * its thread (has_main_gil), or 0. Not static, so that the verifier looks at it once. */
__noinline int record(__u64 address, __u64 size, int holds_gil, __u64 top)
{
	struct tmbpf_trace fresh = {.size = size}, former;

	if (method.live || method.sampled)
		forget_code(address); /* nobody saw it freed */
	if (method.sampled && (holds_gil || !method.raw)) {
		sample(address, size, holds_gil, top);
		return 1;
	}
	fresh.stack = python_stack(holds_gil, top);
	if ((filters.active && size < filters.min_size) || is_dropped(fresh.stack, 0)) {
		count(TMBPF_COUNT_FILTERED);
		take_trace(address, &former); /* of a block that grew or shrank in place */
		return 0;
	}
	put_trace(address, &fresh, holds_gil);
	return 1;
}

static __always_inline void forget(__u64 address)
{
	struct tmbpf_trace trace;

	take_trace(address, &trace);
	forget_code(address);
	if (method.sampled)
		log_sample(TMBPF_SAMPLE_GONE, address, 0, 0);
}

static __always_inline void set_pending(const struct tmbpf_pending *request)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&pending, &thread, request, BPF_ANY))
		count(TMBPF_LOST_PENDING);
}

static __always_inline struct tmbpf_pending *get_pending(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct tmbpf_pending *request = bpf_map_lookup_elem(&pending, &thread);

	/* The probe of its result went with the window. */
	if (request && request->window != method.window && method.sampled &&
	    (request->kind == TMBPF_PENDING_REFILL || !method.raw))
		return 0;
	return request;
}

static __always_inline void clear_pending(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&pending, &thread);
}

static __always_inline int is_small(__u64 size)
{
	return size - 1 < python.small_request_threshold;
}

enum prediction {
	PREDICTED,
	NEEDS_REFILL,
	NOT_READABLE, /* counted; the block stays unknown */
};

enum { POOL_BYTES = 64 }; /* of a pool's header, at most */

/*
 * Whether the pool is the first of the list whose head this is, and then the head of its own free
 * list. Its header alone tells: only the first one's prevpool is the list's head. One that left the
 * list keeps it, but has no free block (it is full) or no allocated one (it is empty).
 */
static __always_inline int is_front(__u64 pool, __u64 list, __u64 *block)
{
	__u32 size = python.pool_prevpool + sizeof(__u64);
	char header[POOL_BYTES];

	if (!pool || size > POOL_BYTES || read_target(header, size, pool))
		return 0;
	*block = *(const __u64 *)(header + python.pool_freeblock);
	return *(const __u64 *)(header + python.pool_prevpool) == list && *block &&
	       *(const __u32 *)(header + python.pool_ref);
}

/*
 * The block that pymalloc will hand out for `size` (small): the head of the free list of the first
 * pool of its class, which most often is the same pool as before. When the class has no usable
 * pool, refill is going to be called: then usedpools[2i] is the list's own head, which lies 16
 * bytes before it.
 */
static __always_inline enum prediction predict(__u64 size, __u64 *block)
{
	__u64 size_class = (size - 1) >> python.alignment_shift;
	__u64 head = python.usedpools + (size_class << 4), list = head - python.pool_nextpool;
	__u64 *front = &front_pools[size_class & (SIZE_CLASSES - 1)];
	__u64 pool = 0;

	if (is_front(*front, list, block)) {
		count(TMBPF_COUNT_PREDICTED);
		return PREDICTED;
	}
	if (read_target(&pool, sizeof(pool), head)) {
		count(TMBPF_LOST_POOL);
		return NOT_READABLE;
	}
	if (pool == list)
		return NEEDS_REFILL;
	if (read_target(block, sizeof(*block), pool + python.pool_freeblock) || !*block) {
		count(TMBPF_LOST_POOL);
		return NOT_READABLE;
	}
	*front = pool;
	count(TMBPF_COUNT_PREDICTED);
	return PREDICTED;
}

/* The result of a small request must be waited for. */
static __always_inline void await_refill(__u64 size, __u64 old)
{
	struct tmbpf_pending *before = get_pending();
	struct tmbpf_pending request = {
	    .kind = TMBPF_PENDING_REFILL, .window = method.window, .size = size, .old = old};

	request.held.stack = TMBPF_NO_TRACE;
	/* realloc's own inner malloc asks again for the same size: keep what it replaces. */
	if (before && before->kind == TMBPF_PENDING_REFILL && before->size == size && !old)
		request.old = before->old;
	else if (before)
		count(TMBPF_LOST_STALE);
	set_pending(&request);
}

/* A small pymalloc request; `old` is the block that it replaces (realloc), or 0. */
static __always_inline void small_request(__u64 size, __u64 old)
{
	__u64 block = 0, top;
	enum prediction prediction;

	if (!has_main_gil(&top)) {
		count(TMBPF_LOST_OTHER_GIL);
		return;
	}
	prediction = predict(size, &block);
	if (prediction == NEEDS_REFILL) {
		await_refill(size, old);
	} else if (prediction == PREDICTED) {
		if (old)
			forget(old);
		record(block, size, 1, top);
	}
}

/* A raw malloc or calloc. */
static __always_inline void raw_request(__u64 size)
{
	struct tmbpf_pending *before = get_pending();
	struct tmbpf_pending request = {
	    .kind = TMBPF_PENDING_RAW, .window = method.window, .size = size};

	request.held.stack = TMBPF_NO_TRACE;
	if (before) {
		if (before->kind == TMBPF_PENDING_REFILL)
			return;
		if (before->kind == TMBPF_PENDING_MOVE && before->size == size)
			return;
		count(TMBPF_LOST_STALE);
	} else if (!(method.sampled && !method.raw) && is_filtered(size, 0)) {
		count(TMBPF_COUNT_FILTERED);
		return;
	}
	set_pending(&request);
}

/* A raw realloc: libc frees the old block before we see the result, and another thread may get its
 * address by then, so its trace is taken out now and put back if realloc fails. */
static __always_inline void raw_realloc_request(__u64 address, __u64 size)
{
	struct tmbpf_pending *before = get_pending();
	struct tmbpf_pending request = {
	    .kind = TMBPF_PENDING_RAW, .window = method.window, .size = size, .old = address};

	if (before && before->kind == TMBPF_PENDING_REFILL)
		return;
	if (before)
		count(TMBPF_LOST_STALE);
	if (!address || !take_trace(address, &request.held))
		request.held.stack = TMBPF_NO_TRACE;
	forget_code(address);
	if (method.sampled && address)
		log_sample(TMBPF_SAMPLE_GONE, address, 0, 0);
	set_pending(&request);
}

/* Whether pymalloc manages `address`, and then its pool's size class, else -1. The check of
 * address_in_range() before its radix tree (obmalloc.c, 3.9), which holds for later ones too: what
 * lies where a pool's header would be may be anything, even nothing, when the block is not
 * pymalloc's. */
static __always_inline int size_class_of(__u64 address)
{
	__u64 pool = address & ~((__u64)python.pool_size - 1);
	__u32 index = 0, maxarenas = 0, szidx = 0;
	__u64 arenas = 0, base = 0;

	if (read_target(&index, sizeof(index), pool + python.pool_arenaindex))
		return -1;
	if (read_target(&maxarenas, sizeof(maxarenas), python.maxarenas) ||
	    read_target(&arenas, sizeof(arenas), python.arenas)) {
		count(TMBPF_LOST_POOL);
		return -1;
	}
	if (index >= maxarenas)
		return -1;
	if (read_target(&base, sizeof(base),
			arenas + (__u64)index * python.arena_object_size + python.arena_address)) {
		count(TMBPF_LOST_POOL);
		return -1;
	}
	if (!base || address - base >= python.arena_size)
		return -1;
	if (read_target(&szidx, sizeof(szidx), pool + python.pool_szidx)) {
		count(TMBPF_LOST_POOL);
		return -1;
	}
	return (int)(szidx & 0xff);
}

/* pymalloc_realloc() and _PyObject_Realloc() of obmalloc.c (3.11): keep the block when it still
 * fits and does not waste a quarter, else allocate, copy, free. */
static __always_inline void pymalloc_realloc(__u64 address, __u64 size)
{
	struct tmbpf_pending request = {.kind = TMBPF_PENDING_MOVE, .size = size, .old = address};
	__u64 capacity;
	int size_class;

	if (!address) {
		if (is_small(size))
			small_request(size, 0);
		return;
	}
	size_class = size_class_of(address);
	if (size_class < 0)
		return; /* passed on to the raw domain */
	capacity = (__u64)(size_class + 1) << python.alignment_shift;
	if (size <= capacity && 4 * size > 3 * capacity) {
		record(address, size, 1, 0);
		return;
	}
	if (is_small(size)) {
		small_request(size, address);
		return;
	}
	if (method.sampled) { /* the raw domain's probes, if there are any now, see the rest */
		log_sample(TMBPF_SAMPLE_GONE, address, 0, 0);
		return;
	}
	request.held.stack = TMBPF_NO_TRACE;
	set_pending(&request);
}

/* A raw request of this thread returned `address`, 0 on failure. */
static __always_inline void raw_result(__u64 address)
{
	struct tmbpf_pending *request = get_pending();
	struct tmbpf_pending done;

	if (!request || request->kind == TMBPF_PENDING_REFILL)
		return;
	done = *request;
	clear_pending();
	count(TMBPF_COUNT_RETURNED);
	if (!address) {
		if (done.held.stack != TMBPF_NO_TRACE)
			put_trace(done.old, &done.held, 0);
		return;
	}
	/* libc has freed a raw realloc's old block by now: its address may be another thread's. */
	if (done.kind == TMBPF_PENDING_MOVE && done.old)
		forget(done.old);
	record(address, done.size, 0, 0);
}

/* pymalloc's refill returned a block, or 0: then the request goes on to the raw domain. */
static __always_inline void refill_result(__u64 address)
{
	struct tmbpf_pending *request = get_pending();
	struct tmbpf_pending done;

	if (!request || request->kind != TMBPF_PENDING_REFILL)
		return;
	done = *request;
	count(TMBPF_COUNT_RETURNED);
	if (!address && done.old && !method.sampled) {
		request->kind = TMBPF_PENDING_MOVE;
		return;
	}
	clear_pending();
	if (!address)
		return;
	if (done.old)
		forget(done.old);
	record(address, done.size, 1, 0);
}

#endif
