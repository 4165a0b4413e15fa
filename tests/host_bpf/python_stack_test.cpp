// SPDX-License-Identifier: Apache-2.0
// From a thread state to a described stack.
#include "tests/host_bpf/recorded_python.h"

namespace tmbpf {
namespace {

using PythonStack = RecordedPython;

TEST_P(PythonStack, walks_the_recorded_stack_and_describes_it_once) {
  record(TMBPF_MAX_FRAMES);
  const std::uint64_t id = host_python_stack(0);
  ASSERT_NE(id, TMBPF_STACK_UNKNOWN);
  Collector collector(ProcessMemory(1), target_.python, target_.layout.line_table);
  for (const auto& event : host_state().events) {
    collector.on_event(event);
  }
  const auto table = collector.table();
  const Traceback traceback = table->traceback(collector.resolve(id));
  EXPECT_EQ(traceback.total_nframe, expected_.size());
  ASSERT_EQ(traceback.frames.size(), static_cast<std::size_t>(TMBPF_MAX_FRAMES));
  for (std::size_t i = 0; i < traceback.frames.size(); ++i) {
    const Frame frame = table->frame(traceback.frames[i]);
    EXPECT_EQ(table->string(frame.function), expected_[i].name) << i;
    EXPECT_EQ(table->string(frame.filename), "<string>");
    EXPECT_EQ(frame.lineno, expected_[i].line) << i;
  }
  const std::size_t events = host_state().events.size();
  EXPECT_EQ(host_python_stack(0), id);
  EXPECT_EQ(host_state().events.size(), events);
  EXPECT_EQ(host_counter(TMBPF_LOST_FRAMES), 0U);
}

TEST_P(PythonStack, keeps_the_most_recent_frames_and_counts_all) {
  record(3);
  const std::uint64_t id = host_python_stack(0);
  Collector collector(ProcessMemory(1), target_.python, target_.layout.line_table);
  for (const auto& event : host_state().events) {
    collector.on_event(event);
  }
  const Traceback traceback = collector.table()->traceback(collector.resolve(id));
  EXPECT_EQ(traceback.frames.size(), 3U);
  EXPECT_EQ(traceback.total_nframe, expected_.size());
}

TEST_P(PythonStack, a_full_ring_buffer_loses_descriptions_for_now_and_sends_them_later) {
  record(5);
  host_state().ring_full = true;
  const std::uint64_t lost = host_python_stack(0);
  EXPECT_NE(lost, TMBPF_STACK_UNKNOWN);
  EXPECT_GT(host_counter(TMBPF_LOST_STACKS), 0U);
  EXPECT_GT(host_counter(TMBPF_LOST_CODES), 0U);
  EXPECT_TRUE(host_state().events.empty());
  host_state().ring_full = false;
  host_python_stack(0);
  EXPECT_FALSE(host_state().events.empty());
}

TEST_P(PythonStack, an_unknown_thread_and_unreadable_memory_give_the_unknown_stack) {
  record(5);
  host_state().fs_base = 42;
  EXPECT_EQ(host_python_stack(0), TMBPF_STACK_UNKNOWN);
  EXPECT_EQ(host_counter(TMBPF_COUNT_NO_THREAD), 1U);
  host_state().memory = [](std::uint64_t, std::span<std::byte>) { return false; };
  EXPECT_EQ(host_python_stack(1), TMBPF_STACK_UNKNOWN);
}

INSTANTIATE_TEST_SUITE_P(Pythons, PythonStack, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
