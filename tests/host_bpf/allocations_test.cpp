// SPDX-License-Identifier: Apache-2.0
// The rules of allocations, owners and domains.
#include "tests/host_bpf/recorded_python.h"

namespace tmbpf {
namespace {

using Allocations = RecordedPython;

TEST_P(Allocations, realloc_keeps_shrinks_and_moves_as_pymalloc_does) {
  record(1);
  make_current();
  // Two size classes whose next block the recorded pools tell.
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t size = 64; size <= 512 && sizes.size() < 2; size += 64) {
    if (host_predict(size) != 0) {
      sizes.push_back(size);
    }
  }
  ASSERT_EQ(sizes.size(), 2U);
  const std::uint64_t small = host_predict(sizes[0]);
  const std::uint64_t large = host_predict(sizes[1]);
  EXPECT_EQ(host_size_class_of(small), static_cast<int>(sizes[0] / 16 - 1));
  host_small_request(sizes[1]);
  ASSERT_NE(host_trace(large), nullptr);
  EXPECT_EQ(host_trace(large)->size, sizes[1]);
  host_pymalloc_realloc(large, sizes[1] - 1);
  EXPECT_EQ(host_trace(large)->size, sizes[1] - 1) << "fits and wastes less than a quarter: stays";
  host_pymalloc_realloc(large, sizes[0]);
  EXPECT_EQ(host_totals()->traces, 1U);
  if (4 * sizes[0] > 3 * sizes[1]) {
    EXPECT_EQ(host_trace(large)->size, sizes[0]);
  } else {
    EXPECT_EQ(host_trace(large), nullptr) << "wastes a quarter: moves";
    EXPECT_EQ(host_trace(small)->size, sizes[0]);
  }
  EXPECT_EQ(host_totals()->traced_current, sizes[0]);
  EXPECT_EQ(host_totals()->traced_peak, sizes[1]);
}

TEST_P(Allocations, the_pool_that_was_first_is_believed_only_as_long_as_it_is) {
  record(1);
  const tmbpf_python& python = target_.python;
  std::uint64_t size = 64;
  while (host_predict(size) == 0 && size < 512) {
    size += 16;
  }
  const std::uint64_t block = host_predict(size);
  ASSERT_NE(block, 0U);
  const std::uint64_t head = python.usedpools + ((size - 1) >> python.alignment_shift << 4U);
  const auto pool = value<std::uint64_t>(head);
  const auto recorded = host_state().memory;
  const auto without_head = [=](std::uint64_t address, std::span<std::byte> to) {
    return address != head && recorded(address, to);
  };
  host_state().memory = without_head;
  EXPECT_EQ(host_predict(size), block) << "its header tells";

  const std::uint64_t nothing = 0;
  const auto changed = [&](std::uint32_t field, std::size_t bytes, const std::uint64_t& to_be) {
    host_state().memory = [=, &to_be](std::uint64_t address, std::span<std::byte> to) {
      if (!without_head(address, to)) {
        return false;
      }
      overlay(address, to, pool + field, &to_be, bytes);
      return true;
    };
    return host_predict(size);
  };
  EXPECT_EQ(changed(python.pool_freeblock, 8, nothing), 0U) << "full";
  EXPECT_EQ(changed(python.pool_ref, 4, nothing), 0U) << "empty";
  EXPECT_EQ(changed(python.pool_prevpool, 8, pool), 0U) << "another one is first";
  EXPECT_EQ(changed(python.pool_prevpool, 8, head - python.pool_nextpool), block);
}

TEST_P(Allocations, an_object_in_a_pool_finds_its_block_without_its_type) {
  record(1);
  make_current();
  std::uint64_t size = 64;
  while (host_predict(size) == 0 && size < 512) {
    size += 16;
  }
  const std::uint64_t block = host_predict(size);
  host_small_request(size);
  ASSERT_NE(host_trace(block), nullptr);
  const auto recorded = host_state().memory;
  host_state().memory = [=](std::uint64_t address, std::span<std::byte> to) {
    return address - block >= 512 && recorded(address, to);
  };
  host_new_reference(block);
  host_new_reference(block + target_.python.gc_head_size);
  EXPECT_EQ(host_counter(TMBPF_COUNT_REOWNED), 2U);
  host_new_reference(block + 2 * target_.python.gc_head_size);
  EXPECT_EQ(host_counter(TMBPF_COUNT_REOWNED), 2U) << "nothing lies before a PyGC_Head";
  EXPECT_EQ(host_counter(TMBPF_LOST_OWNERS), 1U) << "its type is asked";
  host_method()->live = 1;
  host_new_reference(block);
  EXPECT_EQ(host_counter(TMBPF_LOST_OWNERS), 2U) << "the block may be gone";
}

TEST_P(Allocations, the_block_before_an_object_is_no_gc_head_of_it) {
  record(1);
  make_current();
  const std::uint64_t size = target_.python.gc_head_size;
  std::uint64_t block = host_predict(size);
  host_small_request(size);
  if (block == 0) {
    block = 0x7f0000001000;
    host_refill_result(block);
  }
  ASSERT_NE(host_trace(block), nullptr);
  const auto recorded = host_state().memory;
  host_state().memory = [=](std::uint64_t address, std::span<std::byte> to) {
    return address - block >= 512 && recorded(address, to);
  };
  host_new_reference(block + size);
  EXPECT_EQ(host_counter(TMBPF_COUNT_REOWNED), 0U);
  EXPECT_EQ(host_counter(TMBPF_LOST_OWNERS), 1U) << "its type is asked";
  host_new_reference(block);
  EXPECT_EQ(host_counter(TMBPF_COUNT_REOWNED), 1U);
}

TEST_P(Allocations, a_small_block_that_outgrows_pymalloc_leaves_with_the_raw_result) {
  record(1);
  make_current();
  std::uint64_t size = 64;
  while (host_predict(size) == 0 && size < 512) {
    size += 16;
  }
  const std::uint64_t block = host_predict(size);
  host_small_request(size);
  ASSERT_NE(host_trace(block), nullptr);
  host_pymalloc_realloc(block, 5000);
  host_raw_request(5000);
  EXPECT_NE(host_trace(block), nullptr) << "realloc may still fail";
  host_raw_result(0x770000);
  EXPECT_EQ(host_trace(block), nullptr);
  EXPECT_EQ(host_trace(0x770000)->size, 5000U);
  EXPECT_EQ(host_totals()->traced_peak, 5000U) << "old and new are never both counted";
}

TEST_P(Allocations, of_who_has_not_the_main_interpreters_gil_are_counted_and_not_kept) {
  record(1);
  if (target_.python.gil_locked == TMBPF_NO_FIELD) {  // all interpreters have the same GIL
    host_small_request(64);
    EXPECT_EQ(host_counter(TMBPF_LOST_OTHER_GIL), 0U);
    return;
  }
  host_small_request(64);
  EXPECT_EQ(host_counter(TMBPF_LOST_OTHER_GIL), 1U) << "nobody has it";
  make_current();
  host_state().fs_base = 42;
  host_small_request(64);
  EXPECT_EQ(host_counter(TMBPF_LOST_OTHER_GIL), 2U) << "another thread has it";
  EXPECT_EQ(host_totals()->traces, 0U);
}

TEST_P(Allocations, raw_requests_follow_their_result) {
  record(1);
  host_raw_request(1000);
  EXPECT_EQ(host_totals()->traces, 0U);
  host_raw_result(0x1000);
  ASSERT_NE(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_trace(0x1000)->size, 1000U);
  host_raw_realloc_request(0x1000, 3000);
  EXPECT_EQ(host_trace(0x1000), nullptr)
      << "libc may hand the address out before we see the result";
  host_raw_result(0);
  ASSERT_NE(host_trace(0x1000), nullptr) << "a failed realloc changes nothing";
  EXPECT_EQ(host_totals()->traced_current, 1000U);
  host_raw_realloc_request(0x1000, 3000);
  host_raw_result(0x9000);
  EXPECT_EQ(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_trace(0x9000)->size, 3000U);
  host_raw_request(50);
  host_raw_result(0);
  host_raw_result(0x5000);
  EXPECT_EQ(host_trace(0x5000), nullptr) << "a result without a request is not ours";
  host_forget(0x9000);
  host_forget(0x9000);
  EXPECT_EQ(host_totals()->traces, 0U);
  EXPECT_EQ(host_totals()->traced_current, 0U);
  EXPECT_EQ(host_totals()->traced_peak, 3000U);
}

TEST_P(Allocations, another_thread_may_get_a_reallocated_address_before_the_result_is_seen) {
  record(1);
  host_raw_request(1000);
  host_raw_result(0x1000);
  host_raw_realloc_request(0x1000, 3000);  // libc frees 0x1000 in here
  host_state().thread = 2;
  host_raw_request(700);
  host_raw_result(0x1000);
  host_state().thread = 1;
  host_raw_result(0x9000);
  ASSERT_NE(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_trace(0x1000)->size, 700U);
  EXPECT_EQ(host_totals()->traced_current, 3700U);
}

TEST_P(Allocations, an_object_that_begins_a_new_life_gets_the_stack_of_now) {
  record(1);
  // A list of the target: a type with a collector's header before each object.
  const std::uint64_t object = 0x10000 + target_.python.gc_head_size;
  const std::uint64_t type = 0x20000;
  const auto recorded = host_state().memory;
  host_state().memory = [&](std::uint64_t address, std::span<std::byte> to) {
    std::uint64_t word = 0;
    if (address == object + target_.python.object_ob_type) {
      word = type;
    } else if (address == type + target_.python.type_tp_flags) {
      word = 1U << 14;
    } else {
      return recorded(address, to);
    }
    std::memcpy(to.data(), &word, std::min(to.size(), sizeof(word)));
    return true;
  };
  host_new_reference(object);
  EXPECT_EQ(host_totals()->traces, 0U) << "the block is not known: nothing to refresh";
  host_state().fs_base = 42;  // a thread without a stack
  host_raw_request(64);
  host_raw_result(0x10000);
  ASSERT_EQ(host_trace(0x10000)->stack, TMBPF_STACK_UNKNOWN);
  host_state().fs_base = main_thread_id();
  make_current();
  host_new_reference(object);
  EXPECT_EQ(stack_of(*host_trace(0x10000)), "stop ");
  EXPECT_EQ(host_trace(0x10000)->size, 64U);
  EXPECT_EQ(host_counter(TMBPF_COUNT_REOWNED), 1U);
}

TEST_P(Allocations, tracked_memory_lives_in_its_own_domain_beside_python_s) {
  record(1);
  host_raw_request(100);
  host_raw_result(0x1000);
  host_track(389047, 0x1000, 800);
  host_track(7, 0x1000, 80);
  host_track(389047, 0x1000, 900);
  const auto key = [](std::uint64_t slot) { return slot << TMBPF_DOMAIN_SHIFT | 0x1000; };
  EXPECT_EQ(host_domains()->domain[0], 389047U);
  EXPECT_EQ(host_domains()->domain[1], 7U);
  host_untrack(8, 0x1000);
  EXPECT_EQ(host_domains()->domain[2], 0U) << "what nobody tracks takes no slot";
  EXPECT_EQ(host_trace(key(0))->size, 100U);
  EXPECT_EQ(host_trace(key(1))->size, 900U);
  EXPECT_EQ(host_trace(key(2))->size, 80U);
  host_untrack(389047, 0x1000);
  EXPECT_EQ(host_trace(key(1)), nullptr);
  EXPECT_EQ(host_totals()->traced_current, 180U);
  for (std::uint32_t domain = 100; domain < 100 + TMBPF_MAX_DOMAINS; ++domain) {
    host_track(domain, 0x2000, 1);
  }
  EXPECT_EQ(host_counter(TMBPF_LOST_DOMAINS), 2U);
}

TEST_P(Allocations, a_pool_that_cannot_be_read_is_counted_and_leaves_nothing_pending) {
  record(1);
  host_state().memory = [](std::uint64_t, std::span<std::byte>) { return false; };
  host_small_request(64);
  EXPECT_EQ(host_counter(TMBPF_LOST_POOL), 1U);
  host_raw_request(1000);
  host_raw_result(0x1000);
  EXPECT_NE(host_trace(0x1000), nullptr) << "the raw request is no part of a refill";
}

TEST_P(Allocations, addresses_outside_the_arenas_are_not_pymallocs) {
  record(1);
  EXPECT_EQ(host_size_class_of(0x10), -1);
  EXPECT_EQ(host_size_class_of(target_.python.usedpools), -1);
  const auto interp = value<std::uint64_t>(target_.python.interpreters_head);
  EXPECT_EQ(host_size_class_of(interp), -1);
}

INSTANTIATE_TEST_SUITE_P(Pythons, Allocations, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
