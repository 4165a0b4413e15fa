/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the other headers call: the kernel's helpers, or, with TMBPF_HOST, the stand-ins of the
 * host test build (tests/host_bpf), which read recorded memory instead of a process.
 */
#ifndef TMBPF_PLATFORM_BPF_H
#define TMBPF_PLATFORM_BPF_H

#ifdef TMBPF_HOST
#include "tests/host_bpf/host_platform.h"
#else

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Variables that the tracer sets before loading and the verifier takes as constants. */
#define TMBPF_RODATA const volatile

/* The kernel types that we look into, by CO-RE; only the fields we read. */
struct thread_struct {
	unsigned long fsbase;
} __attribute__((preserve_access_index));
struct sched_info {
	unsigned long long run_delay; /* ns that it waited for a CPU; when it got one at last */
} __attribute__((preserve_access_index));
struct signal_struct {
	struct {
		int counter;
	} live; /* threads that have not begun to exit */
} __attribute__((preserve_access_index));
struct task_struct {
	struct thread_struct thread;
	struct sched_info sched_info;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct mm_struct *mm;
	struct signal_struct *signal;
} __attribute__((preserve_access_index));

/* glibc's pthread_self() is the thread's fs base (x86-64 ABI). */
static __always_inline __u64 current_fs_base(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread.fsbase);
}

/* How long the running thread has waited for CPUs that others had, nanoseconds; 0 where the kernel
 * does not tell (CONFIG_SCHED_INFO). */
static __always_inline __u64 current_run_delay(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return bpf_core_field_exists(task->sched_info.run_delay)
		   ? BPF_CORE_READ(task, sched_info.run_delay)
		   : 0;
}

/* An element of a map that lies in a map of maps. */
#define lookup_inner(map, key) bpf_map_lookup_elem(map, key)

/* min(value, max), written so that the verifier sees the bound: clang compares a copy else. */
#define clamp_size(value, max)                                                                     \
	({                                                                                         \
		__u64 clamped_ = (value);                                                          \
		asm volatile("if %0 <= %1 goto +1\n%0 = %1" : "+r"(clamped_) : "i"(max));          \
		clamped_;                                                                          \
	})

#endif /* TMBPF_HOST */

#include "tmbpf.h"

#define TMBPF_E2BIG 7

/* Reads 8 bytes at `address` of the target. Not inlined, and with little on its stack: a program
 * with much gets a stack of its own (Linux 6.13), which the kernel's check of what is copied where
 * takes longer for. Not static, so that the verifier looks at it once. */
__noinline long read_word(__u64 *to, __u64 address)
{
	__u64 word = 0;
	long error = bpf_probe_read_user(&word, sizeof(word), (const void *)address);

	if (to)
		*to = word;
	return error;
}

/* Reads `size` bytes at `address` of the target; 0 or a negative errno. */
static __always_inline long read_target(void *to, __u32 size, __u64 address)
{
	return size == sizeof(__u64) ? read_word(to, address)
				     : bpf_probe_read_user(to, size, (const void *)address);
}

#endif
