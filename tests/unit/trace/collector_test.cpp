// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/collector.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "userspace/trace/loss_counters.h"

namespace tmbpf {
namespace {

std::vector<std::byte> stack_event(std::uint64_t id, std::vector<std::uint64_t> frames,
                                   std::uint32_t total) {
  tmbpf_stack_event event{};
  event.kind = TMBPF_EVENT_STACK;
  event.id = id;
  event.nframes = static_cast<__u32>(frames.size());
  event.total_nframe = total;
  std::copy(frames.begin(), frames.end(), event.frames);
  const auto* bytes = reinterpret_cast<const std::byte*>(&event);
  return {bytes, bytes + offsetof(tmbpf_stack_event, frames) + frames.size() * 8};
}

void set_text(tmbpf_text& text, const std::string& value) {
  text.length = value.size();
  text.kept = static_cast<__u32>(value.size());
  text.char_size = 1;
  std::memcpy(text.bytes, value.data(), value.size());
}

// A code object whose units 0 and 1 are on firstlineno and the line after.
std::vector<std::byte> code_event(std::uint32_t id, const std::string& file,
                                  const std::string& name, int firstlineno) {
  const auto event = std::make_unique<tmbpf_code_event>();
  event->kind = TMBPF_EVENT_CODE;
  event->id = id;
  event->firstlineno = firstlineno;
  event->linetable_address = 0x1000;
  set_text(event->filename, file);
  set_text(event->qualname, name);
  const unsigned char table[] = {0x80 | 10 << 3, 0, 0, 0x80 | 11 << 3, 0, 0};
  std::memcpy(event->linetable, table, sizeof(table));
  event->linetable_kept = sizeof(table);
  event->linetable_size = sizeof(table);
  const auto* bytes = reinterpret_cast<const std::byte*>(event.get());
  return {bytes, bytes + offsetof(tmbpf_code_event, linetable) + sizeof(table)};
}

std::uint64_t key(std::uint32_t code, std::uint32_t offset) {
  return std::uint64_t{code} << 32 | offset;
}

class CollectorTest : public testing::Test {
 protected:
  Collector collector_{ProcessMemory(::getpid()), tmbpf_python{}, LineTableFormat::locations};

  std::string text(TracebackId id) {
    std::string result;
    const auto table = collector_.table();
    const Traceback traceback = table->traceback(id);
    for (const FrameId frame_id : traceback.frames) {
      const Frame frame = table->frame(frame_id);
      result += std::string(table->string(frame.filename)) + ":" + std::to_string(frame.lineno) +
                " " + std::string(table->string(frame.function)) + ";";
    }
    return result + std::to_string(traceback.total_nframe);
  }
};

TEST_F(CollectorTest, a_stack_becomes_a_traceback_most_recent_first_with_its_total) {
  collector_.on_event(code_event(1, "a.py", "f", 10));
  collector_.on_event(code_event(2, "b.py", "<module>", 1));
  collector_.on_event(stack_event(77, {key(1, 2), key(2, 0)}, 9));
  EXPECT_EQ(text(collector_.resolve(77)), "a.py:11 f;b.py:1 <module>;9");
}

TEST_F(CollectorTest, stacks_that_differ_in_units_of_one_line_are_one_traceback) {
  collector_.on_event(code_event(1, "a.py", "f", 10));
  collector_.on_event(code_event(3, "a.py", "f", 10));
  collector_.on_event(stack_event(5, {key(1, 0)}, 1));
  collector_.on_event(stack_event(6, {key(3, 0)}, 1));
  EXPECT_EQ(collector_.resolve(5), collector_.resolve(6));
}

TEST_F(CollectorTest, no_stack_is_tracemallocs_unknown_and_no_loss) {
  EXPECT_EQ(text(collector_.resolve(TMBPF_STACK_UNKNOWN)), "<unknown>:0 ;1");
  EXPECT_EQ(collector_.counts().unresolved_stacks, 0U);
}

TEST_F(CollectorTest, a_stack_whose_description_was_lost_is_unknown_and_counted_until_it_comes) {
  EXPECT_EQ(text(collector_.resolve(9)), "<unknown>:0 ;1");
  EXPECT_EQ(collector_.counts().unresolved_stacks, 1U);
  collector_.on_event(code_event(1, "a.py", "f", 10));
  collector_.on_event(stack_event(9, {key(1, 0)}, 1));
  EXPECT_EQ(text(collector_.resolve(9)), "a.py:10 f;1");
}

TEST_F(CollectorTest, stacks_without_a_place_of_their_own_are_known_by_their_hash) {
  constexpr std::uint64_t kHash = 12345 | TMBPF_STACK_HASHED;
  collector_.on_event(code_event(1, "a.py", "f", 10));
  collector_.on_event(stack_event(kHash, {key(1, 0)}, 1));
  collector_.on_event(stack_event(3, {key(1, 2)}, 1));
  EXPECT_EQ(text(collector_.resolve(kHash)), "a.py:10 f;1");
  EXPECT_EQ(text(collector_.resolve(3)), "a.py:11 f;1");
  collector_.resolve(2);  // before one that is described
  EXPECT_EQ(collector_.counts().unresolved_stacks, 1U);
}

TEST_F(CollectorTest, a_stack_that_is_described_again_keeps_its_traceback) {
  collector_.on_event(code_event(1, "a.py", "f", 10));
  collector_.on_event(stack_event(4, {key(1, 0)}, 1));
  const TracebackId first = collector_.resolve(4);
  collector_.on_event(stack_event(4, {key(1, 0)}, 1));
  EXPECT_EQ(collector_.resolve(4), first);
}

TEST_F(CollectorTest, damaged_messages_are_counted_and_change_nothing) {
  auto stack = stack_event(4, {key(1, 0), key(1, 2)}, 2);
  stack.pop_back();
  collector_.on_event(stack);
  auto code = code_event(1, "a.py", "f", 10);
  code.pop_back();
  collector_.on_event(code);
  collector_.on_event(std::vector<std::byte>(3));
  collector_.on_event(std::vector<std::byte>(64, std::byte{0xff}));
  EXPECT_EQ(collector_.counts().damaged_events, 4U);
  EXPECT_EQ(collector_.counts().stacks + collector_.counts().codes, 0U);
}

TEST_F(CollectorTest, a_line_table_that_is_shorter_than_what_was_sent_of_it_is_not_whole) {
  auto code = code_event(1, "a.py", "f", 10);
  const std::uint64_t size = 0;
  std::memcpy(code.data() + offsetof(tmbpf_code_event, linetable_size), &size,
              sizeof(tmbpf_code_event::linetable_size));
  collector_.on_event(code);
  EXPECT_EQ(collector_.counts().codes, 1U);
  EXPECT_EQ(collector_.counts().incomplete_codes, 1U);
}

TEST_F(CollectorTest, exec_and_forks_are_told_once_in_their_order) {
  const tmbpf_process_event fork{TMBPF_EVENT_FORK, 12, 4711};
  const tmbpf_process_event exec{TMBPF_EVENT_EXEC, 4711, 0};
  collector_.on_event(std::as_bytes(std::span(&fork, 1)));
  collector_.on_event(std::as_bytes(std::span(&exec, 1)));
  const auto events = collector_.take_process_events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, static_cast<std::uint32_t>(TMBPF_EVENT_FORK));
  EXPECT_EQ(events[0].tgid, 12U);
  EXPECT_EQ(events[0].child, 4711U);
  EXPECT_EQ(events[1].kind, static_cast<std::uint32_t>(TMBPF_EVENT_EXEC));
  EXPECT_EQ(events[1].tgid, 4711U);
  EXPECT_TRUE(collector_.take_process_events().empty());
}

TEST_F(CollectorTest, a_line_that_a_debugger_keeps_and_code_that_has_not_begun_need_no_table) {
  collector_.on_event(code_event(1, "a.py", "f", 10));
  collector_.on_event(
      stack_event(8, {key(1, TMBPF_LINE_GIVEN | 99), key(1, TMBPF_BEFORE_CODE)}, 2));
  EXPECT_EQ(text(collector_.resolve(8)), "a.py:99 f;a.py:10 f;2");
}

TEST(LossCounters, only_losses_that_happened_are_told_each_with_words) {
  std::vector<std::uint64_t> counters(TMBPF_COUNTERS, 0);
  counters[TMBPF_COUNT_REQUESTS] = 1000;
  EXPECT_TRUE(describe_losses(counters, {}).empty());
  counters[TMBPF_LOST_TRACES_FULL] = 3;
  Collector::Counts collector;
  collector.unresolved_stacks = 2;
  const auto losses = describe_losses(counters, collector);
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_EQ(losses[0].key, "traces_full");
  EXPECT_NE(losses[0].what.find("--max-traces"), std::string::npos);
  EXPECT_EQ(losses[1].count, 2U);
}

}  // namespace
}  // namespace tmbpf
