/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The Python thread state of the thread that runs now. */
#ifndef TMBPF_THREAD_STATE_BPF_H
#define TMBPF_THREAD_STATE_BPF_H

#include "maps.bpf.h"

enum { MAX_INTERPRETERS = 32 }; /* looked at when searching */

/* The innermost frame, of what a thread state's field tstate_frame holds; 0: none, or not readable
 * (counted). */
static __always_inline __u64 frame_of(__u64 top)
{
	__u64 frame = 0;

	if (python.cframe_current_frame == TMBPF_NO_FIELD)
		return top;
	if (read_target(&frame, sizeof(frame), top + python.cframe_current_frame)) {
		count(TMBPF_LOST_FRAMES);
		return 0;
	}
	return frame;
}

/* The innermost frame of a thread state; 0: none, or not readable (counted). */
static __always_inline __u64 current_frame(__u64 tstate)
{
	__u64 top = 0;

	if (read_target(&top, sizeof(top), tstate + python.tstate_frame)) {
		count(TMBPF_LOST_FRAMES);
		return 0;
	}
	return frame_of(top);
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
	__u64 id = 0;

	(void)index;
	if (!search->tstate)
		return 1;
	if (read_target(&id, sizeof(id), search->tstate + python.tstate_thread_id))
		return 1;
	if (id == search->thread_id) {
		search->found = search->tstate;
		if (current_frame(search->tstate))
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
 * the GIL held, so there it is the GIL's holder; the raw domain may be called without. */
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

enum {
	TSTATE_BYTES = 128, /* of a thread state read at once, if the fields lie within so many */
	GIL_BYTES = 16,	    /* of the GIL, from its last holder to `locked` */
};

/* The thread state's id and what its field tstate_frame holds. */
static __always_inline int read_thread(__u64 tstate, __u64 *id, __u64 *top)
{
	__u32 begin = python.tstate_frame, end = python.tstate_thread_id;
	char window[TSTATE_BYTES];

	if (end < begin || end + sizeof(*id) - begin > TSTATE_BYTES)
		return read_target(id, sizeof(*id), tstate + python.tstate_thread_id) ||
		       read_target(top, sizeof(*top), tstate + python.tstate_frame);
	if (read_target(window, end + sizeof(*id) - begin, tstate + begin))
		return -1;
	*top = *(const __u64 *)window;
	*id = *(const __u64 *)(window + (end - begin));
	return 0;
}

/*
 * Whether the running thread has the main interpreter's GIL: whoever has another one is served by
 * other pools than those we look at. A thread that changed to another interpreter is still the last
 * holder, but has let go. Before a GIL was ever taken there is only the main thread. `top`: what
 * its field tstate_frame holds, 0 when it could not be read.
 */
static __always_inline int has_main_gil(__u64 *top)
{
	__u64 gil[GIL_BYTES / sizeof(__u64)] = {}, id = 0;

	*top = 0;
	if (python.gil_locked == TMBPF_NO_FIELD) {
		if (!read_target(gil, sizeof(*gil), python.tstate_current) && gil[0])
			read_target(top, sizeof(*top), gil[0] + python.tstate_frame);
		return 1;
	}
	if (read_target(gil, sizeof(*gil) + sizeof(__u32), python.tstate_current) || !gil[0] ||
	    read_thread(gil[0], &id, top)) {
		*top = 0;
		return 1;
	}
	return (__u32)gil[1] && id == current_fs_base();
}

#endif
