/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Probe entry points: decode the site, call one rule, return. */
#include "allocations.bpf.h"
#include "domains.bpf.h"
#include "free_lists.bpf.h"
#include "process_number.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { ZERO_FLAG = 0x40, STOP_SIGNAL = 19 /* SIGSTOP */ };

/* clang would turn a switch over registers into one load at a computed offset, which the verifier
 * refuses on the context; the barrier keeps each load its own. */
#define READ_REGISTER(number, field)                                                               \
	case number:                                                                               \
		value = ctx->field;                                                                \
		barrier_var(value);                                                                \
		break

static __always_inline __u64 read_register(struct pt_regs *ctx, __u8 number)
{
	__u64 value = 0;

	switch (number) {
		READ_REGISTER(0, rax);
		READ_REGISTER(1, rcx);
		READ_REGISTER(2, rdx);
		READ_REGISTER(3, rbx);
		READ_REGISTER(4, rsp);
		READ_REGISTER(5, rbp);
		READ_REGISTER(6, rsi);
		READ_REGISTER(7, rdi);
		READ_REGISTER(8, r8);
		READ_REGISTER(9, r9);
		READ_REGISTER(10, r10);
		READ_REGISTER(11, r11);
		READ_REGISTER(12, r12);
		READ_REGISTER(13, r13);
		READ_REGISTER(14, r14);
		READ_REGISTER(15, r15);
	}
	return value;
}

static __noinline int read_operand(struct pt_regs *ctx, const struct tmbpf_operand *operand,
				   __u64 *value)
{
	__u64 base;

	if (!operand || !value)
		return 0;
	if (operand->kind == TMBPF_OPERAND_CONSTANT) {
		*value = (__u64)operand->value;
		return 1;
	}
	base = read_register(ctx, operand->reg) + (__u64)operand->value;
	if (operand->kind == TMBPF_OPERAND_MEMORY && read_target(&base, sizeof(base), base)) {
		count(TMBPF_LOST_OPERAND);
		return 0;
	}
	*value = base;
	return 1;
}

/* The site that was hit; 0 when it does not count. */
static __always_inline struct tmbpf_site *hit_site(struct pt_regs *ctx)
{
	__u32 index = (__u32)bpf_get_attach_cookie(ctx);
	struct tmbpf_site *site = bpf_map_lookup_elem(&sites, &index);

	if (!site || totals.stopped)
		return 0;
	if (method.counted)
		count_hit(index);
	if (method.sampled && !enter_window(site->stratum) && site->op != TMBPF_OP_REFILL_RETURN)
		return 0;
	if (site->guarded && !(ctx->eflags & ZERO_FLAG))
		return 0;
	return site;
}

/* False on overflow, where calloc fails before it allocates. */
static __always_inline int multiply(__u64 *size, __u64 nelem)
{
	__u64 limit = nelem ? ~0ULL / nelem : ~0ULL;

	barrier_var(limit); /* else clang makes it a 128-bit product, which BPF has not */
	if (*size > limit)
		return 0;
	*size *= nelem;
	return 1;
}

/* Filters leave out the block that is asked for, whatever the result. */
static __always_inline int leave_out(__u64 size, int holds_gil)
{
	if (method.sampled || !is_filtered(size, holds_gil))
		return 0;
	count(TMBPF_COUNT_FILTERED);
	return 1;
}

static __always_inline int request(struct pt_regs *ctx)
{
	struct tmbpf_site *site = hit_site(ctx);
	__u64 size = 0, nelem = 1, address = 0;

	if (!site || !read_operand(ctx, &site->size, &size))
		return 0;
	count(TMBPF_COUNT_REQUESTS);
	if (site->op == TMBPF_OP_CALLOC) {
		if (!read_operand(ctx, &site->nelem, &nelem))
			return 0;
		if (!multiply(&size, nelem))
			return 0;
	}
	if (site->op == TMBPF_OP_REALLOC) {
		if (!read_operand(ctx, &site->ptr, &address))
			return 0;
		if (site->allocator == TMBPF_RAW)
			raw_realloc_request(address, size);
		else
			pymalloc_realloc(address, size);
	} else if (site->allocator == TMBPF_RAW) {
		raw_request(size);
	} else if (is_small(size) && !leave_out(size, 1)) {
		small_request(size, 0);
	}
	return 0;
}

static __always_inline int release_or_result(struct pt_regs *ctx)
{
	struct tmbpf_site *site = hit_site(ctx);
	__u64 address = 0, domain = 0;

	if (!site || !read_operand(ctx, &site->ptr, &address))
		return 0;
	if (site->op == TMBPF_OP_RESULT) {
		raw_result(address);
	} else if (site->op == TMBPF_OP_UNTRACK) {
		if (read_operand(ctx, &site->nelem, &domain))
			untrack((__u32)domain, address);
	} else {
		count(TMBPF_COUNT_FREES);
		if (address)
			forget(address);
	}
	return 0;
}

static __always_inline int owner(struct pt_regs *ctx)
{
	struct tmbpf_site *site = hit_site(ctx);
	__u64 address = 0, domain = 0, size = 0;

	if (!site || !read_operand(ctx, &site->ptr, &address))
		return 0;
	if (site->op == TMBPF_OP_NEW_REFERENCE)
		new_reference(address);
	else if (read_operand(ctx, &site->nelem, &domain) && read_operand(ctx, &site->size, &size))
		track((__u32)domain, address, size);
	return 0;
}

static __always_inline int returned(struct pt_regs *ctx)
{
	struct tmbpf_site *site = hit_site(ctx);

	if (!site)
		return 0;
	if (site->op == TMBPF_OP_REFILL_RETURN && method.sampled && !is_open(site->stratum))
		pool_taken(ctx->rax);
	else if (site->op == TMBPF_OP_REFILL_RETURN)
		refill_result(ctx->rax);
	else
		raw_result(ctx->rax);
	return 0;
}

/* malloc, calloc and realloc sites. Attached last, detached first. */
SEC("uprobe")
int allocate_enter(struct pt_regs *ctx)
{
	request(ctx);
	leave_hit();
	return 0;
}

/* Where blocks change owner without the allocator: new references, PyTraceMalloc_Track. */
SEC("uprobe")
int owner_enter(struct pt_regs *ctx)
{
	owner(ctx);
	leave_hit();
	return 0;
}

/* Free sites, PyTraceMalloc_Untrack, and the instructions after a call into libc. */
SEC("uprobe")
int release_enter(struct pt_regs *ctx)
{
	release_or_result(ctx);
	leave_hit();
	return 0;
}

/* Return probes: refill, and tail jumps into libc. */
SEC("uretprobe")
int allocate_exit(struct pt_regs *ctx)
{
	returned(ctx);
	leave_hit();
	return 0;
}

/* Py_FinalizeEx: from here on everything is freed. What the target held stays recorded as it was. A
 * program that tmbpf started itself is held there until its last snapshot has been taken. */
SEC("uprobe")
int finalize_enter(struct pt_regs *ctx)
{
	(void)ctx;
	if (totals.stopped)
		return 0;
	totals.at_end = 1;
	if (config.hold_at_end)
		bpf_send_signal(STOP_SIGNAL);
	else
		totals.stopped = 1;
	return 0;
}

/* The bare floor that scripts/bench measures against: the trap and nothing else. */
SEC("uprobe")
int nothing_enter(struct pt_regs *ctx)
{
	(void)ctx;
	return 0;
}

/* The target, or with config.follow one of its descendants; by tgid_here(). */
static __always_inline int is_family(__u32 tgid)
{
	return tgid == config.pid || (config.follow && tgid && bpf_map_lookup_elem(&family, &tgid));
}

/* By CO-RE; the suffix keeps it apart from the other headers' view of the same struct. */
struct task_struct___start {
	__u64 start_boottime;
} __attribute__((preserve_access_index));

static __always_inline __u64 start_of(struct task_struct *task)
{
	struct task_struct___start *leader = (void *)BPF_CORE_READ(task, group_leader);

	return BPF_CORE_READ(leader, start_boottime);
}

static __always_inline void tell(struct tmbpf_process_event *event)
{
	if (bpf_ringbuf_output(&events, event, sizeof(*event), BPF_RB_FORCE_WAKEUP))
		count(TMBPF_LOST_PROCESSES);
}

/* A new program has other addresses: nothing may be recorded under the old ones. */
SEC("raw_tp/sched_process_exec")
int process_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct tmbpf_process_event event = {.kind = TMBPF_EVENT_EXEC};

	(void)ctx;
	event.tgid = tgid_here(task);
	if (!is_family(event.tgid))
		return 0;
	if (event.tgid == config.pid)
		totals.stopped = 1;
	event.start = start_of(task);
	tell(&event);
	return 0;
}

/* A forked child keeps the breakpoints, though none of our programs run in it. One that shares its
 * parent's memory (vfork) has nothing of its own before it executes a program. */
SEC("raw_tp/sched_process_fork")
int process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0];
	struct task_struct *child = (void *)ctx->args[1];
	struct tmbpf_process_event event = {.kind = TMBPF_EVENT_FORK};
	__u8 member = 1;

	if (BPF_CORE_READ(child, tgid) == BPF_CORE_READ(parent, tgid))
		return 0;
	event.tgid = tgid_here(parent);
	if (!is_family(event.tgid))
		return 0;
	event.child = tgid_here(child);
	event.start = start_of(child);
	if (config.follow && bpf_map_update_elem(&family, &event.child, &member, BPF_ANY))
		count(TMBPF_LOST_PROCESSES);
	if (BPF_CORE_READ(child, mm) == BPF_CORE_READ(parent, mm))
		return 0;
	tell(&event);
	return 0;
}

/* Of its last thread: its number may be another process's next. */
SEC("raw_tp/sched_process_exit")
int process_exit(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid;

	(void)ctx;
	if (!config.follow || BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	tgid = tgid_here(task);
	bpf_map_delete_elem(&family, &tgid);
	return 0;
}
