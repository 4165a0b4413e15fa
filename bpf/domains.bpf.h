/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Memory that extension modules report in tracemalloc domains of their own. */
#ifndef TMBPF_DOMAINS_BPF_H
#define TMBPF_DOMAINS_BPF_H

#include "python_stack.bpf.h"
#include "traces.bpf.h"

/* The slot of a tracemalloc domain in trace keys; with `add` one is taken for a new domain. Two
 * threads may come at once. -1: it has none, or there is no room. */
static __always_inline int domain_slot(__u32 domain, int add)
{
	__u32 i, known;

	if (!domain)
		return 0;
	for (i = 0; i < TMBPF_MAX_DOMAINS; i++) {
		known = domains.domain[i];
		if (!known && add)
			known =
			    __sync_val_compare_and_swap(&domains.domain[i], 0, domain) ?: domain;
		if (known == domain)
			return (int)i + 1;
		if (!known)
			break;
	}
	return -1;
}

static __always_inline __u64 tracked_key(int slot, __u64 address)
{
	return (address & TMBPF_ADDRESS_MASK) | ((__u64)slot << TMBPF_DOMAIN_SHIFT);
}

/* PyTraceMalloc_Track and PyTraceMalloc_Untrack, which need not hold the GIL. */
static __always_inline void track(__u32 domain, __u64 address, __u64 size)
{
	struct tmbpf_trace fresh = {.size = size}, former;
	int slot = domain_slot(domain, 1);

	if (slot < 0) {
		count(TMBPF_LOST_DOMAINS);
		return;
	}
	fresh.stack = python_stack(0);
	if ((filters.active && size < filters.min_size) || is_dropped(fresh.stack, slot)) {
		count(TMBPF_COUNT_FILTERED);
		take_trace(tracked_key(slot, address), &former);
		return;
	}
	put_trace(tracked_key(slot, address), &fresh, 0);
}

static __always_inline void untrack(__u32 domain, __u64 address)
{
	struct tmbpf_trace trace;
	int slot = domain_slot(domain, 0);

	if (slot >= 0)
		take_trace(tracked_key(slot, address), &trace);
}

#endif
