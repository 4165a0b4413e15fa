/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Thread state -> frames -> stack id. Knows offsets (struct tmbpf_python), never versions.
 * Which frames count is Python/tracemalloc.c's traceback_get_frames (CPython 3.11).
 */
#ifndef TMBPF_PYTHON_STACK_BPF_H
#define TMBPF_PYTHON_STACK_BPF_H

#include "maps.bpf.h"

enum {
	FRAME_BYTES = 72,	/* of _PyInterpreterFrame, up to and with owner */
	MAX_INTERPRETERS = 32,	/* looked at when searching a thread state */
	UNICODE_KIND_SHIFT = 2, /* PyASCIIObject.state: interned:2 kind:3 compact:1 ascii:1 */
	UNICODE_KIND_MASK = 7,
	UNICODE_COMPACT = 1 << 5,
	UNICODE_ASCII = 1 << 6,
};

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

static __always_inline __u32 code_filter_slot(__u64 address)
{
	return (__u32)((address >> 4) * 0x9E3779B1u) >> 16;
}

/* Copies the text of the str at `object`. Left unreadable (char_size 0) when it is no compact str.
 */
static __always_inline void read_text(struct tmbpf_text *text, __u64 object)
{
	__u32 state = 0, kind;
	__u64 length = 0, bytes, data;

	text->char_size = 0;
	text->kept = 0;
	text->length = 0;
	if (!object || read_target(&state, sizeof(state), object + python.unicode_state) ||
	    read_target(&length, sizeof(length), object + python.unicode_length))
		return;
	kind = (state >> UNICODE_KIND_SHIFT) & UNICODE_KIND_MASK;
	if (!(state & UNICODE_COMPACT) || (kind != 1 && kind != 2 && kind != 4))
		return;
	data = object +
	       ((state & UNICODE_ASCII) ? python.unicode_ascii_data : python.unicode_compact_data);
	bytes = clamp_size(length * kind, TMBPF_NAME_BYTES);
	if (bpf_probe_read_user(text->bytes, bytes, (const void *)data))
		return;
	text->length = length;
	text->kept = (__u32)bytes;
	text->char_size = (__u8)kind;
}

static __always_inline void read_linetable(struct tmbpf_code_event *event, __u64 code)
{
	__u64 object = 0, size = 0, kept;

	event->linetable_kept = 0;
	event->linetable_size = 0;
	event->linetable_address = 0;
	if (read_target(&object, sizeof(object), code + python.code_co_linetable) ||
	    read_target(&size, sizeof(size), object + python.bytes_ob_size))
		return;
	event->linetable_address = object;
	event->linetable_size = size;
	kept = clamp_size(size, TMBPF_LINETABLE_BYTES);
	if (bpf_probe_read_user(event->linetable, kept,
				(const void *)(object + python.bytes_ob_sval)))
		return;
	event->linetable_kept = (__u32)kept;
}

/* Sends the description of a code object at its first sight; false when it could not be sent. */
static __noinline int send_code(struct scratch *scratch, __u64 code, __u32 id)
{
	struct tmbpf_code_event *event;
	__u64 filename = 0, qualname = 0;

	if (!scratch)
		return 0;
	event = &scratch->code;
	event->kind = TMBPF_EVENT_CODE;
	event->id = id;
	event->address = code;
	event->firstlineno = 0;
	read_target(&event->firstlineno, sizeof(event->firstlineno),
		    code + python.code_co_firstlineno);
	read_target(&filename, sizeof(filename), code + python.code_co_filename);
	read_target(&qualname, sizeof(qualname), code + python.code_co_qualname);
	read_text(&event->filename, filename);
	read_text(&event->qualname, qualname);
	read_linetable(event, code);
	return bpf_ringbuf_output(&events, event,
				  __builtin_offsetof(struct tmbpf_code_event, linetable) +
				      clamp_size(event->linetable_kept, TMBPF_LINETABLE_BYTES),
				  BPF_RB_NO_WAKEUP) == 0;
}

/* Gives a code object that is not in codes its id, and sends its description. */
static __noinline int describe_code(struct scratch *scratch, __u64 code, struct tmbpf_code *fresh)
{
	struct code_filter *filter;
	__u32 zero = 0;

	if (!scratch || !fresh)
		return 0;
	fresh->id = 0;
	if (read_target(&fresh->firsttraceable, sizeof(fresh->firsttraceable),
			code + python.code_co_firsttraceable)) {
		count(TMBPF_LOST_FRAMES);
		return 0;
	}
	fresh->firsttraceable *= 2;
	fresh->id = __sync_fetch_and_add(&totals.codes, 1) + 1;
	if (!send_code(scratch, code, fresh->id)) {
		count(TMBPF_LOST_CODES);
		fresh->id = 0;
		return 0;
	}
	filter = bpf_map_lookup_elem(&code_filter, &zero);
	if (filter)
		filter->slots[code_filter_slot(code) & (CODE_FILTER_SLOTS - 1)] = 1;
	bpf_map_update_elem(&codes, &code, fresh, BPF_ANY);
	return 1;
}

/* The id and the first traceable offset of the code object at `code`; id 0: not described. */
static __always_inline struct tmbpf_code code_of(struct scratch *scratch, __u64 code)
{
	struct cached_code *cached = &scratch->codes[code_filter_slot(code) & (CACHED_CODES - 1)];
	struct tmbpf_code fresh = {};
	struct tmbpf_code *known;

	if (cached->address == code && cached->generation == totals.code_generation)
		return cached->code;
	known = bpf_map_lookup_elem(&codes, &code);
	if (known)
		fresh = *known;
	else if (!describe_code(scratch, code, &fresh))
		return fresh;
	cached->address = code;
	cached->generation = totals.code_generation;
	cached->code = fresh;
	return fresh;
}

/* A code object's identity ends with its block: what lies there later is another one. */
static __always_inline void forget_code(__u64 address)
{
	__u32 zero = 0;
	struct code_filter *filter = bpf_map_lookup_elem(&code_filter, &zero);

	if (filter && filter->slots[code_filter_slot(address) & (CODE_FILTER_SLOTS - 1)] &&
	    !bpf_map_delete_elem(&codes, &address))
		__sync_fetch_and_add(&totals.code_generation, 1);
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

static __always_inline __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
	return hash ^ (hash >> 32);
}

/*
 * The frame at walk->frame, in the window. Callers lie below their callees in the data stack, so
 * the window is read to end with the frame; it begins no earlier than the frame's page, which is
 * mapped since the frame is.
 */
static __always_inline const char *frame_in_window(struct frame_walk *walk)
{
	__u64 page = walk->frame & ~4095ULL, size;

	if (walk->frame < walk->window || walk->frame + FRAME_BYTES > walk->window_end) {
		walk->window_end = walk->frame + FRAME_BYTES;
		walk->window = walk->window_end - WINDOW_BYTES;
		if (walk->window < page)
			walk->window = page;
		size = clamp_size(walk->window_end - walk->window, WINDOW_BYTES);
		if (bpf_probe_read_user(walk->scratch->window, size, (const void *)walk->window))
			return 0;
	}
	return (const char *)walk->scratch->window +
	       clamp_size(walk->frame - walk->window, WINDOW_BYTES - FRAME_BYTES);
}

/* One frame; a bpf_loop callback: 1 ends the loop. */
static long walk_frame(__u32 index, void *context)
{
	struct frame_walk *walk = context;
	__u64 code, start, instr, key;
	struct tmbpf_code known;
	const char *frame;
	__u8 owner;

	(void)index;
	if (!walk->frame)
		return 1;
	frame = frame_in_window(walk);
	if (!frame) {
		count(TMBPF_LOST_FRAMES);
		return 1;
	}
	code = *(const __u64 *)(frame + python.frame_f_code);
	instr = *(const __u64 *)(frame + python.frame_prev_instr);
	owner = *(const __u8 *)(frame + python.frame_owner);
	walk->frame = *(const __u64 *)(frame + python.frame_previous);
	start = code + python.code_co_code_adaptive;
	known = code_of(walk->scratch, code);
	/* _PyFrame_IsIncomplete (pycore_frame.h, 3.11) */
	if (owner != python.frame_owned_by_generator && instr < start + known.firsttraceable)
		return 0;
	if (walk->kept < config.max_frames && walk->kept < TMBPF_MAX_FRAMES) {
		key = ((__u64)known.id << 32) | (__u32)(instr - start);
		walk->scratch->stack.frames[walk->kept & (TMBPF_MAX_FRAMES - 1)] = key;
		walk->hash = mix(walk->hash, key);
		walk->kept++;
	}
	walk->total++;
	return walk->total >= TMBPF_MAX_DEPTH;
}

struct thread_search {
	__u64 tstate;
	__u64 thread_id;
	__u64 found;
};

/* One thread state of an interpreter's list; a bpf_loop callback. A thread state made for a thread
 * that has not started yet carries its creator's id (3.11), so one with frames is preferred. */
static long match_thread(__u32 index, void *context)
{
	struct thread_search *search = context;
	__u64 id = 0, cframe = 0, frame = 0;

	(void)index;
	if (!search->tstate)
		return 1;
	if (read_target(&id, sizeof(id), search->tstate + python.tstate_thread_id))
		return 1;
	if (id == search->thread_id) {
		search->found = search->tstate;
		if (!read_target(&cframe, sizeof(cframe), search->tstate + python.tstate_cframe) &&
		    !read_target(&frame, sizeof(frame), cframe + python.cframe_current_frame) &&
		    frame)
			return 1;
	}
	if (read_target(&search->tstate, sizeof(search->tstate),
			search->tstate + python.tstate_next))
		return 1;
	return 0;
}

static __noinline __u64 search_thread_state(__u64 thread_id)
{
	struct thread_search search = {.thread_id = thread_id};
	__u64 interp = 0;

	if (read_target(&interp, sizeof(interp), python.interpreters_head))
		return 0;
	for (int i = 0; i < MAX_INTERPRETERS && interp && !search.found; i++) {
		search.tstate = 0;
		read_target(&search.tstate, sizeof(search.tstate),
			    interp + python.interp_threads_head);
		bpf_loop(TMBPF_MAX_THREADS, match_thread, &search, 0);
		if (read_target(&interp, sizeof(interp), interp + python.interp_next))
			break;
	}
	return search.found;
}

/* The thread state of the thread that runs now, or 0. The mem and object domains are called with
 * the GIL held, so there it is the runtime's current one; the raw domain may be called without. */
static __always_inline __u64 thread_state(int holds_gil)
{
	__u64 tstate = 0, id = 0, self;

	if (read_target(&tstate, sizeof(tstate), python.tstate_current))
		return 0;
	if (holds_gil)
		return tstate;
	self = current_fs_base();
	if (tstate && !read_target(&id, sizeof(id), tstate + python.tstate_thread_id) && id == self)
		return tstate;
	return search_thread_state(self);
}

/* Sends a stack at its first sight, and remembers that it was sent. */
static __always_inline void send_stack(struct tmbpf_stack_event *event, __u64 id)
{
	__u8 sent = 1;
	__u64 bytes;

	if (bpf_map_lookup_elem(&stacks, &id))
		return;
	event->kind = TMBPF_EVENT_STACK;
	event->id = id;
	bytes = clamp_size(event->nframes * 8, TMBPF_MAX_FRAMES * 8);
	if (bpf_ringbuf_output(&events, event,
			       __builtin_offsetof(struct tmbpf_stack_event, frames) + bytes,
			       BPF_RB_NO_WAKEUP)) {
		count(TMBPF_LOST_STACKS);
		return;
	}
	bpf_map_update_elem(&stacks, &id, &sent, BPF_ANY);
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
	if (walk.hash == TMBPF_STACK_UNKNOWN)
		walk.hash = 1;
	send_stack(&scratch->stack, walk.hash);
	return walk.hash;
}

/* The id of the Python stack of the thread that runs now. */
static __noinline __u64 python_stack(int holds_gil)
{
	__u64 tstate = thread_state(holds_gil), cframe = 0, frame = 0, id;
	struct scratch *scratch;

	if (!tstate) {
		count(TMBPF_COUNT_NO_THREAD);
		return TMBPF_STACK_UNKNOWN;
	}
	if (read_target(&cframe, sizeof(cframe), tstate + python.tstate_cframe) ||
	    read_target(&frame, sizeof(frame), cframe + python.cframe_current_frame)) {
		count(TMBPF_LOST_FRAMES);
		return TMBPF_STACK_UNKNOWN;
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

#endif
