/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A process's number in tmbpf's own pid namespace, where user space can look it up. */
#ifndef TMBPF_PROCESS_NUMBER_BPF_H
#define TMBPF_PROCESS_NUMBER_BPF_H

#include "maps.bpf.h"

enum { MAX_PID_NAMESPACES = 32 }; /* the kernel nests no deeper */

/* By CO-RE; only the fields we read. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));
struct pid_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));
struct upid {
	int nr;
	struct pid_namespace *ns;
} __attribute__((preserve_access_index));
struct pid {
	unsigned int level;
	struct upid numbers[];
} __attribute__((preserve_access_index));

/* 0: the namespace does not see it. */
static __always_inline __u32 tgid_here(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i < MAX_PID_NAMESPACES && i <= level; i++) {
		struct upid *number = &pid->numbers[i];

		if (BPF_CORE_READ(number, ns, ns.inum) == config.pid_namespace)
			return (__u32)BPF_CORE_READ(number, nr);
	}
	return 0;
}

#endif
