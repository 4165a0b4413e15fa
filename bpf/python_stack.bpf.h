/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Thread state -> frames -> stack id. Knows offsets (struct tmbpf_python), never versions.
 * Which frames count is Python/tracemalloc.c's traceback_get_frames (Modules/_tracemalloc.c before
 * 3.12).
 */
#ifndef TMBPF_PYTHON_STACK_BPF_H
#define TMBPF_PYTHON_STACK_BPF_H

#include "code_object.bpf.h"
#include "thread_state.bpf.h"

static __always_inline struct scratch *claim_scratch(void)
{
	for (__u32 i = 0; i < SCRATCH_SLOTS; i++) {
		__u32 key = i;
		struct scratch *scratch = bpf_map_lookup_elem(&scratches, &key);

		if (scratch && __sync_val_compare_and_swap(&scratch->busy, 0, 1) == 0)
			return scratch;
	}
	count(TMBPF_LOST_SCRATCH);
	return 0;
}

static __always_inline void release_scratch(struct scratch *scratch)
{
	__sync_lock_test_and_set(&scratch->busy, 0);
}

struct frame_walk {
	struct scratch *scratch;
	__u64 frame;
	__u64 window;	  /* address of what scratch->window holds */
	__u64 window_end; /* first address after it; 0: nothing read yet */
	__u64 hash;
	__u32 kept;
	__u32 total;
};

/*
 * The frame at walk->frame, in the window. Callers lie below their callees in the data stack, so
 * the window is read to end with the frame; it begins no earlier than the frame's page, which is
 * mapped since the frame is. Frames that are objects of their own are read one by one.
 */
static __always_inline const char *frame_in_window(struct frame_walk *walk)
{
	__u64 page = walk->frame & ~4095ULL, size;

	if (walk->frame < walk->window || walk->frame + python.frame_size > walk->window_end) {
		walk->window_end = walk->frame + python.frame_size;
		walk->window = walk->frame;
		if (python.frames_adjacent) {
			walk->window = walk->window_end - WINDOW_BYTES;
			if (walk->window < page)
				walk->window = page;
		}
		size = clamp_size(walk->window_end - walk->window, WINDOW_BYTES);
		if (bpf_probe_read_user(walk->scratch->window, size, (const void *)walk->window)) {
			walk->window_end = 0;
			return 0;
		}
	}
	return (const char *)walk->scratch->window +
	       clamp_size(walk->frame - walk->window, WINDOW_BYTES);
}

/* The line that a debugger keeps in the frame (PyFrame_GetLineNumber, 3.8 to 3.10), as a low half;
 * 0: it comes from the code's line table. */
static __always_inline __u32 given_line(const char *frame)
{
	__u64 flag;

	if (python.frame_line_flag == TMBPF_NO_FIELD)
		return 0;
	flag = python.frame_line_flag_size == 8 ? *(const __u64 *)(frame + python.frame_line_flag)
						: *(const __u32 *)(frame + python.frame_line_flag);
	return flag ? TMBPF_LINE_GIVEN | *(const __u32 *)(frame + python.frame_f_lineno) : 0;
}

/* How far the frame has come in its code, in bytes; negative: not begun. */
static __always_inline __s64 code_offset(const char *frame, __u64 code)
{
	if (python.frame_lasti_unit)
		return (__s64) * (const __s32 *)(frame + python.frame_prev_instr) *
		       (__s64)python.frame_lasti_unit;
	return (__s64)(*(const __u64 *)(frame + python.frame_prev_instr) -
		       (code + python.code_co_code_adaptive));
}

/* _PyFrame_IsIncomplete (pycore_frame.h): a shim, which has no code of its own. */
static __always_inline int is_shim(const char *frame)
{
	return python.frame_owner != TMBPF_NO_FIELD &&
	       *(const __u8 *)(frame + python.frame_owner) >= python.frame_owned_by_cstack;
}

/* _PyFrame_IsIncomplete: a frame that has not come to its first traceable instruction. */
static __always_inline int is_early(const char *frame, __s64 offset, __u32 firsttraceable)
{
	return python.frame_owner != TMBPF_NO_FIELD &&
	       *(const __u8 *)(frame + python.frame_owner) != python.frame_owned_by_generator &&
	       offset < (__s64)firsttraceable;
}

static __always_inline void keep_frame(struct frame_walk *walk, const char *frame,
				       const struct tmbpf_code *code, __s64 offset)
{
	__u32 low = given_line(frame);
	__u64 key;

	if (!low)
		low = offset < 0 ? TMBPF_BEFORE_CODE : (__u32)offset & ~TMBPF_LINE_GIVEN;
	key = ((__u64)code->id << 32) | low;
	walk->scratch->stack.frames[walk->kept & (TMBPF_MAX_FRAMES - 1)] = key;
	walk->hash = mix(walk->hash, key);
	walk->kept++;
}

/* One frame; a bpf_loop callback: 1 ends the loop. */
static long walk_frame(__u32 index, void *context)
{
	struct frame_walk *walk = context;
	struct tmbpf_code known = {};
	int wanted = walk->kept < config.max_frames && walk->kept < TMBPF_MAX_FRAMES;
	const char *frame;
	__s64 offset;
	__u64 code;

	(void)index;
	if (!walk->frame)
		return 1;
	frame = frame_in_window(walk);
	if (!frame) {
		count(TMBPF_LOST_FRAMES);
		return 1;
	}
	code = *(const __u64 *)(frame + python.frame_f_code) & ~(__u64)python.frame_f_code_tag;
	walk->frame = *(const __u64 *)(frame + python.frame_previous);
	if (is_shim(frame))
		return 0;
	offset = code_offset(frame, code);
	if (wanted || python.code_co_firsttraceable != TMBPF_NO_FIELD)
		known = code_of(walk->scratch, code);
	if (is_early(frame, offset, known.firsttraceable))
		return 0;
	if (wanted)
		keep_frame(walk, frame, &known, offset);
	walk->total++;
	return walk->total >= TMBPF_MAX_DEPTH;
}

static __always_inline struct cached_stack *cached_stack(struct scratch *scratch, __u64 hash)
{
	return &scratch->stacks[hash & (CACHED_STACKS - 1)];
}

/* The id of the stack with this hash: the one it has, or the next. */
static __always_inline struct tmbpf_stack known_stack(__u64 hash)
{
	struct tmbpf_stack *known = bpf_map_lookup_elem(&stacks, &hash);
	struct tmbpf_stack fresh = {};

	if (known)
		return *known;
	if (totals.stacks < config.max_stacks) {
		fresh.id = __sync_fetch_and_add(&totals.stacks, 1) + TMBPF_STACK_FIRST;
		if (fresh.id < config.max_stacks &&
		    !bpf_map_update_elem(&stacks, &hash, &fresh, BPF_NOEXIST))
			return fresh;
		/* Another CPU was first, or there is no room. */
		known = bpf_map_lookup_elem(&stacks, &hash);
		if (known)
			return *known;
	}
	__sync_fetch_and_add(&totals.hashed, 1);
	fresh.id = hash | TMBPF_STACK_HASHED;
	return fresh;
}

/* Describes a stack at its first sight; its id. */
static __always_inline __u64 stack_id(struct scratch *scratch, __u64 hash)
{
	struct cached_stack *cached = cached_stack(scratch, hash);
	struct tmbpf_stack_event *event = &scratch->stack;
	struct tmbpf_stack stack;
	__u64 bytes, key = hash + filters.generation;

	if (cached->key == key && cached->id)
		return cached->id;
	stack = known_stack(hash);
	if (stack.sent) {
		cached->key = key;
		cached->id = stack.id;
		return stack.id;
	}
	event->kind = TMBPF_EVENT_STACK;
	event->id = stack.id;
	bytes = clamp_size(event->nframes * 8, TMBPF_MAX_FRAMES * 8);
	if (bpf_ringbuf_output(&events, event,
			       __builtin_offsetof(struct tmbpf_stack_event, frames) + bytes,
			       BPF_RB_NO_WAKEUP)) {
		count(TMBPF_LOST_STACKS);
		return stack.id;
	}
	stack.sent = 1;
	if (!(stack.id & TMBPF_STACK_HASHED))
		bpf_map_update_elem(&stacks, &hash, &stack, BPF_EXIST);
	return stack.id;
}

static __always_inline __u64 walk_stack(struct scratch *scratch, __u64 frame)
{
	struct frame_walk walk = {.scratch = scratch, .frame = frame};

	bpf_loop(2 * TMBPF_MAX_DEPTH, walk_frame, &walk, 0);
	if (!walk.total)
		return TMBPF_STACK_UNKNOWN;
	scratch->stack.nframes = walk.kept;
	scratch->stack.total_nframe = walk.total;
	walk.hash = mix(walk.hash, walk.total);
	return stack_id(scratch, walk.hash);
}

/* The id of the Python stack of the thread that runs now. `top`: what its thread state's field
 * tstate_frame holds, or 0. Not static, so that the verifier looks at it once. */
__noinline __u64 python_stack(int holds_gil, __u64 top)
{
	__u64 tstate, frame, id;
	struct scratch *scratch;

	if (top) {
		frame = frame_of(top);
	} else {
		tstate = thread_state(holds_gil);
		if (!tstate) {
			count(TMBPF_COUNT_NO_THREAD);
			return TMBPF_STACK_UNKNOWN;
		}
		frame = current_frame(tstate);
	}
	if (!frame)
		return TMBPF_STACK_UNKNOWN;
	scratch = claim_scratch();
	if (!scratch)
		return TMBPF_STACK_UNKNOWN;
	id = walk_stack(scratch, frame);
	release_scratch(scratch);
	return id;
}

/* The verdict on a code object; a drop is remembered where it is found faster. */
__noinline int judged_code(__u64 address, struct tmbpf_code *code)
{
	struct tmbpf_code_verdicts *verdicts;
	struct scratch *scratch = claim_scratch();
	__u32 zero = 0;
	__u64 *dropped;

	if (!scratch || !code)
		return 0;
	*code = code_of(scratch, address);
	release_scratch(scratch);
	verdicts = bpf_map_lookup_elem(&code_verdicts, &zero);
	if (!verdicts || code->id >= TMBPF_CODE_VERDICTS ||
	    !verdicts->dropped[clamp_size(code->id, TMBPF_CODE_VERDICTS - 1)])
		return 0;
	dropped = dropped_code(address);
	if (dropped && code->firsttraceable < 1 << (64 - TMBPF_DOMAIN_SHIFT))
		*dropped = (__u64)code->firsttraceable << TMBPF_DOMAIN_SHIFT | address;
	return 1;
}

/* Whether filters leave out all that the code of the most recent frame allocates, which costs a
 * fraction of a walk. 0 also when only the whole stack can tell. */
__noinline int is_code_dropped(int holds_gil)
{
	__u64 tstate = thread_state(holds_gil), address, frame, *dropped;
	struct tmbpf_code code = {};
	char window[TMBPF_FRAME_BYTES];

	if (method.sampled)
		return 0; /* what was dropped there may have been another code */
	frame = tstate ? current_frame(tstate) : 0;
	if (!frame || read_target(window, python.frame_size, frame) || is_shim(window))
		return 0;
	address = *(const __u64 *)(window + python.frame_f_code) & ~(__u64)python.frame_f_code_tag;
	dropped = dropped_code(address);
	if (dropped && (*dropped & TMBPF_ADDRESS_MASK) == address)
		code.firsttraceable = (__u32)(*dropped >> TMBPF_DOMAIN_SHIFT);
	else if (!judged_code(address, &code))
		return 0;
	return !is_early(window, code_offset(window, address), code.firsttraceable);
}

#endif
