/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Sampling windows: which hits count, how much of the target's own time has passed in the window,
 * and the log of what happened to blocks.
 *
 * A window ends by the target's own time, without what the probes cost it: else code that allocates
 * a lot, which they slow down most, would be seen too little. The time from one program's end to
 * the next one's begin is the target's own but for the trap.
 */
#ifndef TMBPF_SAMPLES_BPF_H
#define TMBPF_SAMPLES_BPF_H

#include "maps.bpf.h"

/* A hit that takes longer was put off its CPU meanwhile. Nanoseconds. */
#define TMBPF_LONGEST_HIT 100000

static __always_inline void count_hit(__u32 site)
{
	__u32 hits = ++site_hits[site & (TMBPF_MAX_SITES - 1)];

	if (!(hits & (TMBPF_TIMED - 1)) && !method.sampled)
		method.begun = bpf_ktime_get_ns();
}

static __always_inline void end_timed(void)
{
	__u64 time = bpf_ktime_get_ns() - method.begun;

	method.begun = 0;
	if (time < TMBPF_LONGEST_HIT) {
		method.timed_time += time;
		method.timed++;
	}
}

/* Whether what a site of this stratum sees counts now. */
static __always_inline int is_open(__u8 stratum)
{
	return !stratum || (stratum == TMBPF_STRATUM_RAW && method.raw) ||
	       (method.phase != TMBPF_PHASE_CLOSED && stratum == method.stratum);
}

/* Of the time since the last program ended in this thread, what it waited for a CPU. It would wait
 * the longer, the more of its time on the CPU the probes take. */
static __always_inline __u64 waited_in(__u64 gap, int same_thread)
{
	__u64 delay = current_run_delay(), waited = delay - method.run_delay;

	method.run_delay = delay;
	if (!same_thread)
		return 0;
	return waited < gap ? waited : gap;
}

/* Begins a hit; 0: it does not count. */
static __always_inline int enter_window(__u8 stratum)
{
	__u64 thread, now, gap, waited;
	int same;

	if (method.phase == TMBPF_PHASE_TAIL)
		method.tail_hits++;
	if (method.phase != TMBPF_PHASE_RECORDING)
		return is_open(stratum);
	thread = bpf_get_current_pid_tgid();
	now = bpf_ktime_get_ns();
	gap = now > method.left ? now - method.left : 0; /* of two CPUs, the clocks may differ */
	same = method.thread == thread;
	waited = waited_in(gap, same);
	gap -= waited;
	method.waited += waited;
	if (method.hits++ && same && !waited && gap < method.least)
		method.least = gap;
	method.thread = thread;
	if (gap > method.trap)
		method.own += gap - method.trap;
	method.left = now;
	if (method.own >= method.span)
		method.phase = TMBPF_PHASE_TAIL;
	return is_open(stratum);
}

static __always_inline void leave_hit(void)
{
	__u64 now;

	if (method.begun)
		end_timed();
	if (method.phase != TMBPF_PHASE_RECORDING)
		return;
	now = bpf_ktime_get_ns();
	if (now > method.left)
		method.inside += now - method.left;
	method.left = now;
}

static __always_inline void log_sample(enum tmbpf_sample_kind kind, __u64 address, __u64 size,
				       __u64 stack)
{
	struct tmbpf_samples *log;
	struct tmbpf_sample *sample;
	__u32 zero = 0, index;

	if (method.phase == TMBPF_PHASE_CLOSED)
		return;
	index = __sync_fetch_and_add(&method.logged, 1);
	log = bpf_map_lookup_elem(&samples, &zero);
	if (!log || index >= TMBPF_SAMPLES)
		return;
	sample = &log->sample[index & (TMBPF_SAMPLES - 1)];
	sample->address = address;
	sample->stack = stack;
	sample->size = (__u32)size;
	sample->kind = kind;
}

#endif
