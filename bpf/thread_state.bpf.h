/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The Python thread state of the thread that runs now. */
#ifndef TMBPF_THREAD_STATE_BPF_H
#define TMBPF_THREAD_STATE_BPF_H

#include "maps.bpf.h"

enum { MAX_INTERPRETERS = 32 }; /* looked at when searching */

/* The innermost frame of a thread state; 0: none, or not readable (counted). */
static __always_inline __u64 current_frame(__u64 tstate)
{
	__u64 frame = 0;

	if (read_target(&frame, sizeof(frame), tstate + python.tstate_frame))
		goto unreadable;
	if (python.cframe_current_frame == TMBPF_NO_FIELD)
		return frame;
	if (read_target(&frame, sizeof(frame), frame + python.cframe_current_frame))
		goto unreadable;
	return frame;
unreadable:
	count(TMBPF_LOST_FRAMES);
	return 0;
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

#endif
