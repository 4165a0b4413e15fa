/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests call of the BPF headers compiled for the host (host_programs.c). */
#ifndef TMBPF_HOST_PROGRAMS_H
#define TMBPF_HOST_PROGRAMS_H

#include "bpf/tmbpf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Empties every map, counter and total, and sets the read-only data. */
void host_reset(const struct tmbpf_python *numbers, const struct tmbpf_config *settings);
__u64 host_python_stack(int holds_gil);
__u64 host_predict(__u64 size);
void host_small_request(__u64 size);
void host_pymalloc_realloc(__u64 address, __u64 size);
void host_raw_request(__u64 size);
void host_raw_realloc_request(__u64 address, __u64 size);
void host_raw_result(__u64 address);
void host_refill_result(__u64 address);
void host_pool_taken(__u64 address);
void host_forget(__u64 address);
void host_new_reference(__u64 object);
void host_track(__u32 domain, __u64 address, __u64 size);
void host_untrack(__u32 domain, __u64 address);
const struct tmbpf_domains *host_domains(void);
int host_size_class_of(__u64 address);
const struct tmbpf_totals *host_totals(void);
__u64 host_counter(enum tmbpf_counter which);
const struct tmbpf_trace *host_trace(__u64 key);
/* What the sums of all stacks add up to, those with a hash for an id left out. */
struct tmbpf_stack_sum host_sum_of_stacks(void);
struct tmbpf_stack_sum *host_stack_sum(__u64 stack);
struct tmbpf_filters *host_filters(void);
struct tmbpf_code_verdicts *host_code_verdicts(void);
struct tmbpf_method *host_method(void);
int host_enter_window(enum tmbpf_stratum stratum);
void host_leave_hit(void);
void host_count_hit(__u32 site);
const struct tmbpf_samples *host_samples(void);

#ifdef __cplusplus
}
#endif

#endif
