/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF headers themselves, compiled for the host: the same source that the kernel runs. */
#include "tests/host_bpf/host_programs.h"

#include <string.h>

#include "allocations.bpf.h"
#include "domains.bpf.h"
#include "free_lists.bpf.h"

#define REGISTER_HASH(map)                                      \
  host_register_map(&map, sizeof(*map.key), sizeof(*map.value), \
                    sizeof(*map.max_entries) / sizeof(int), 0)
#define REGISTER_ARRAY(map)                                     \
  host_register_map(&map, sizeof(*map.key), sizeof(*map.value), \
                    sizeof(*map.max_entries) / sizeof(int), 1)

void host_reset(const struct tmbpf_python *numbers, const struct tmbpf_config *settings) {
  REGISTER_ARRAY(sites);
  REGISTER_HASH(traces);
  REGISTER_ARRAY(regions);
  host_register_map(&chunks, sizeof(__u32), sizeof(struct tmbpf_chunk), TMBPF_MAX_CHUNKS, 1);
  REGISTER_HASH(pending);
  REGISTER_HASH(stacks);
  REGISTER_ARRAY(stack_sums);
  REGISTER_HASH(codes);
  REGISTER_HASH(code_contents);
  REGISTER_ARRAY(code_verdicts);
  REGISTER_ARRAY(dropped_codes);
  REGISTER_ARRAY(code_filter);
  REGISTER_ARRAY(counters);
  REGISTER_ARRAY(scratches);
  python = *numbers;
  config = *settings;
  memset(&totals, 0, sizeof(totals));
  totals.chunks_ready = TMBPF_MAX_CHUNKS;
  memset(&domains, 0, sizeof(domains));
  memset(&filters, 0, sizeof(filters));
  memset(&method, 0, sizeof(method));
  memset(front_pools, 0, sizeof(front_pools));
  REGISTER_ARRAY(samples);
}

__u64 host_python_stack(int holds_gil) { return python_stack(holds_gil, 0); }

__u64 host_predict(__u64 size) {
  __u64 block = 0;

  return predict(size, &block) == PREDICTED ? block : 0;
}

void host_small_request(__u64 size) { small_request(size, 0); }

void host_pymalloc_realloc(__u64 address, __u64 size) { pymalloc_realloc(address, size); }

void host_raw_request(__u64 size) { raw_request(size); }

void host_raw_realloc_request(__u64 address, __u64 size) { raw_realloc_request(address, size); }

void host_raw_result(__u64 address) { raw_result(address); }

void host_refill_result(__u64 address) { refill_result(address); }

void host_pool_taken(__u64 address) { pool_taken(address); }

void host_forget(__u64 address) { forget(address); }

void host_new_reference(__u64 object) { new_reference(object); }

void host_track(__u32 domain, __u64 address, __u64 size) { track(domain, address, size); }

void host_untrack(__u32 domain, __u64 address) { untrack(domain, address); }

const struct tmbpf_domains *host_domains(void) { return &domains; }

int host_size_class_of(__u64 address) { return size_class_of(address); }

const struct tmbpf_totals *host_totals(void) { return &totals; }

__u64 host_counter(enum tmbpf_counter which) {
  __u32 zero = 0;
  const __u64 *values = host_map_lookup(&counters, &zero);

  return values ? values[which] : 0;
}

const struct tmbpf_trace *host_trace(__u64 key) {
  static struct tmbpf_trace found;

  return find_trace(key, &found) ? &found : NULL;
}

struct tmbpf_stack_sum *host_stack_sum(__u64 stack) {
  return sum_of(stack);
}

struct tmbpf_stack_sum host_sum_of_stacks(void) {
  struct tmbpf_stack_sum all = {};

  for (__u64 id = 0; id < TMBPF_STACK_FIRST + totals.stacks; id++) {
    const struct tmbpf_stack_sum *sum = sum_of(id);

    if (sum) {
      all.bytes += sum->bytes;
      all.blocks += sum->blocks;
    }
  }
  return all;
}

struct tmbpf_filters *host_filters(void) {
  return &filters;
}

struct tmbpf_code_verdicts *host_code_verdicts(void) {
  __u32 zero = 0;

  return host_map_lookup(&code_verdicts, &zero);
}

struct tmbpf_method *host_method(void) {
  return &method;
}

int host_enter_window(enum tmbpf_stratum stratum) { return enter_window((__u8)stratum); }

void host_count_hit(__u32 site) { count_hit(site); }

void host_leave_hit(void) { leave_hit(); }

const struct tmbpf_samples *host_samples(void) {
  __u32 zero = 0;

  return bpf_map_lookup_elem(&samples, &zero);
}
