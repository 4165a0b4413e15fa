/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The part of the contract (tmbpf.h, which includes this) that says how closely allocations are
 * followed, and what the programs tell of a sampling window.
 */
#ifndef TMBPF_SAMPLES_H
#define TMBPF_SAMPLES_H

#include <linux/types.h>

enum {
	TMBPF_SAMPLES = 1 << 15, /* events of one window, at most */
	TMBPF_TIMED = 1 << 6,
};

/* Sites that are sampled together, with windows of their own. */
enum tmbpf_stratum {
	TMBPF_STRATUM_NONE = 0,	 /* always counts */
	TMBPF_STRATUM_SMALL = 1, /* where pymalloc allocates, and where free lists give */
	TMBPF_STRATUM_RAW = 2,	 /* the raw domain, and with it what pymalloc passes on */
	TMBPF_STRATA,
};

enum tmbpf_phase {
	TMBPF_PHASE_CLOSED = 0,	   /* what a site of a stratum sees is not recorded */
	TMBPF_PHASE_RECORDING = 1, /* it is */
	TMBPF_PHASE_TAIL = 2, /* only that a block was handed out, so that the tracer can look at
			       * those recorded before while they are the same */
};

/* How allocations are followed now, and the window that is open. In .bss, written by the tracer but
 * for what says otherwise. Times are nanoseconds. */
struct tmbpf_method {
	__u32 live;    /* 1: no probes where pymalloc frees; the tracer sweeps */
	__u32 sampled; /* 1: sites of a stratum count while a window of theirs is open */
	__u32 raw; /* 1: but those of the raw stratum count always, and are recorded as traces */
	__u32 stratum; /* enum tmbpf_stratum: of the window that is open */
	__u32 phase;   /* enum tmbpf_phase; the programs turn RECORDING into TAIL */
	__u32 window;  /* its number; changes when it is opened and when it is closed */
	__u64 span;    /* of the target's own time that the window is to record */
	__u64 trap;    /* of a hit outside our programs: the kernel's part */
	__u64 own;     /* of the target's own time recorded; written by the programs */
	__u64 left;    /* when the last program ended (CLOCK_MONOTONIC); written by the programs */
	__u64 thread;  /* whose it was: pid_tgid; likewise */
	__u64 run_delay; /* how long that thread had waited for a CPU by then; likewise, and by the
			  * tracer when it opens a window */
	__u64 waited;	 /* for a CPU while it recorded: no part of `own`; likewise */
	__u64 least;	 /* the shortest time from one program's end to the next's begin in the same
			  * thread; likewise */
	__u64 inside;	 /* spent in the programs; likewise */
	__u32 hits;	 /* while it records; likewise */
	__u32 tail_hits; /* in the tail; likewise */
	__u32 logged;	 /* events, also those for which there was no room; likewise */
	__u32 counted;	 /* 1: hits are counted by site */
	__u32 timed; /* hits whose time in our programs was taken: one in TMBPF_TIMED of each site,
		      * while they are counted and not sampled; written by the programs */
	__u64 timed_time;  /* of those, in all; likewise */
	__u64 begun;	   /* when the one began that is timed now, or 0; likewise */
	__u64 awake_until; /* the tracer looks for pools by itself (tmbpf_taken_pools.h);
			    * written by both */
};

/* What happened to a block while a window was open, in order. Mapped by the tracer. */
enum tmbpf_sample_kind {
	TMBPF_SAMPLE_ALLOCATED = 1,
	TMBPF_SAMPLE_OWNED = 2, /* a free list gave it to a new owner; size 0: as it was */
	TMBPF_SAMPLE_GONE = 3,	/* realloc let go of it, or the tail saw it handed out */
};
struct tmbpf_sample {
	__u64 address;
	__u64 stack; /* TMBPF_STACK_HIDDEN: a filter leaves it out */
	__u32 size;  /* requested bytes */
	__u32 kind;  /* enum tmbpf_sample_kind */
};
struct tmbpf_samples {
	struct tmbpf_sample sample[TMBPF_SAMPLES];
};

#endif /* TMBPF_SAMPLES_H */
