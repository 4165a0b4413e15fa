// SPDX-License-Identifier: Apache-2.0
// Input: messages, each with its length in 16 bits before it, as they come out of the ring buffer.
// Their own bytes are also the memory that long line tables are read from.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/foreign_memory.h"
#include "userspace/trace/collector.h"

namespace {

using namespace tmbpf;

constexpr std::size_t kBytesHeader = 32;  // of a bytes object before its bytes

std::uint64_t stack_id(std::span<const std::byte> event) {
  std::uint64_t id = 0;
  if (event.size() >= offsetof(tmbpf_stack_event, id) + sizeof(id)) {
    std::memcpy(&id, event.data() + offsetof(tmbpf_stack_event, id), sizeof(id));
  }
  return id;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ForeignMemory memory;
  memory.fill({reinterpret_cast<const std::byte*>(data), size});
  ByteInput input(data, size);
  const auto format = static_cast<LineTableFormat>(input.number<std::uint8_t>() % 3);
  Collector collector(ForeignMemory::process(), {.bytes_ob_sval = kBytesHeader}, format);
  std::vector<std::uint64_t> stacks{TMBPF_STACK_UNKNOWN, 1};
  std::size_t events = 0;
  for (; !input.empty(); ++events) {
    const auto event = input.take(input.number<std::uint16_t>());
    collector.on_event(event);
    stacks.push_back(stack_id(event));
  }
  for (const std::uint64_t stack : stacks) {
    if (collector.resolve(stack) != collector.resolve(stack)) {
      std::abort();
    }
  }
  const Collector::Counts counts = collector.counts();
  if (counts.stacks + counts.codes + counts.damaged_events +
          collector.take_process_events().size() !=
      events) {
    std::abort();  // something was neither understood nor counted
  }
  return 0;
}
