/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The part of the contract (tmbpf.h) that says what is told of pools between sampling windows. */
#ifndef TMBPF_TAKEN_POOLS_H
#define TMBPF_TAKEN_POOLS_H

#include <linux/types.h>

/* Nanoseconds. A wake-up costs the target as much as forty hits (an interrupt of another CPU), so a
 * tracer that was told of a pool looks by itself so often, as long as it says (awake_until). */
#define TMBPF_POOLS_LOOK 1000000ULL

/* pymalloc took a pool while no window was open. */
struct tmbpf_taken_pool {
	__u64 address; /* of its first block, which was handed out */
	__u64 stack;   /* that asked for it; TMBPF_STACK_HIDDEN: a filter leaves it out */
};

#endif /* TMBPF_TAKEN_POOLS_H */
