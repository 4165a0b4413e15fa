// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/collector.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::uint64_t kMaxLinetable = 4 << 20;  // bytes; more is a damaged code object
// Bytes of all tables read from the target; only one that lies comes near it.
constexpr std::uint64_t kMaxFetched = 256 << 20;

template <typename T>
bool read_prefix(std::span<const std::byte> event, T& value, std::size_t least) {
  if (event.size() < least) {
    return false;
  }
  std::memcpy(&value, event.data(), std::min(event.size(), sizeof(value)));
  return true;
}

// The offset or line in the low half of a frame's key.
std::uint32_t line_of(const CodeObject& code, std::uint64_t key) {
  const auto low = static_cast<std::uint32_t>(key);
  if ((low & TMBPF_LINE_GIVEN) != 0) {
    return low & ~TMBPF_LINE_GIVEN;
  }
  return code.line(low == TMBPF_BEFORE_CODE ? -1 : static_cast<int>(low));
}

}  // namespace

Collector::Collector(ProcessMemory memory, const tmbpf_python& python, LineTableFormat format)
    : memory_(std::move(memory)), bytes_ob_sval_(python.bytes_ob_sval), format_(format) {}

void Collector::on_event(std::span<const std::byte> event) {
  const std::lock_guard lock(mutex_);
  std::uint32_t kind = 0;
  tmbpf_process_event process{};
  read_prefix(event, kind, sizeof(kind));
  if (kind == TMBPF_EVENT_STACK) {
    add_stack(event);
  } else if (kind == TMBPF_EVENT_CODE) {
    add_code(event);
  } else if ((kind == TMBPF_EVENT_EXEC || kind == TMBPF_EVENT_FORK) &&
             read_prefix(event, process, sizeof(process))) {
    process_events_.push_back(process);
  } else {
    ++counts_.damaged_events;
  }
}

void Collector::add_stack(std::span<const std::byte> event) {
  tmbpf_stack_event header{};
  const std::size_t fixed = offsetof(tmbpf_stack_event, frames);
  if (!read_prefix(event, header, fixed) || header.nframes > TMBPF_MAX_FRAMES ||
      event.size() < fixed + header.nframes * sizeof(std::uint64_t)) {
    ++counts_.damaged_events;
    return;
  }
  ++counts_.stacks;
  const std::vector<std::uint64_t> frames(header.frames, header.frames + header.nframes);
  judge(header.id, frames, true);
  stacks_.describe(header.id, calls_.add(frames),
                   static_cast<std::uint16_t>(std::min(header.total_nframe, kMaxFrames)));
}

void Collector::add_code(std::span<const std::byte> event) {
  const auto description = std::make_unique<tmbpf_code_event>();
  const std::size_t fixed = offsetof(tmbpf_code_event, linetable);
  if (!read_prefix(event, *description, fixed) ||
      description->linetable_kept > TMBPF_LINETABLE_BYTES ||
      event.size() < fixed + description->linetable_kept) {
    ++counts_.damaged_events;
    return;
  }
  CodeObject code{.filename = decode_text(description->filename),
                  .qualname = decode_text(description->qualname),
                  .firstlineno = description->firstlineno,
                  .format = format_};
  const auto* table = reinterpret_cast<const std::byte*>(description->linetable);
  code.linetable.assign(table, table + description->linetable_kept);
  const std::uint64_t whole = description->filename.length * description->filename.char_size;
  code.complete = complete_linetable(*description, code) && description->filename.char_size != 0 &&
                  description->filename.kept == whole;
  if (code.filename.empty()) {
    code.filename = description->filename.char_size != 0 ? "" : "<unknown>";
  }
  if (filter_ != nullptr) {
    filter_->judge_code(description->id, code.filename);
  }
  ++counts_.codes;
  counts_.incomplete_codes += code.complete ? 0 : 1;
  codes_.insert_or_assign(description->id, std::move(code));
}

// Reads what did not fit the event, if it is still the same table that lies there.
bool Collector::complete_linetable(const tmbpf_code_event& event, CodeObject& code) {
  if (event.linetable_size == event.linetable_kept) {
    return event.linetable_address != 0;
  }
  if (event.linetable_kept == 0 || event.linetable_size < event.linetable_kept ||
      event.linetable_size > kMaxLinetable || event.linetable_size > kMaxFetched - fetched_bytes_) {
    return false;
  }
  std::vector<std::byte> whole(event.linetable_size);
  if (!memory_.read(event.linetable_address + bytes_ob_sval_, whole) ||
      !std::equal(code.linetable.begin(), code.linetable.end(), whole.begin())) {
    return false;
  }
  fetched_bytes_ += whole.size();
  code.linetable = std::move(whole);
  return true;
}

void Collector::judge(std::uint64_t stack, std::span<const std::uint64_t> frames, bool fresh) {
  if (filter_ == nullptr || !filter_->judges()) {
    return;
  }
  std::vector<NamedFrame> named;
  named.reserve(frames.size());
  for (const std::uint64_t key : frames) {
    const auto code = codes_.find(static_cast<std::uint32_t>(key >> 32));
    named.push_back(code == codes_.end() ? NamedFrame{.filename = "<unknown>"}
                                         : NamedFrame{.filename = code->second.filename,
                                                      .lineno = line_of(code->second, key)});
  }
  filter_->judge_stack(stack, named, fresh);
}

void Collector::judge_known() {
  for (const auto& [id, code] : codes_) {
    filter_->judge_code(id, code.filename);
  }
  filter_->judge_stack(TMBPF_STACK_UNKNOWN, {}, false);
  std::vector<std::uint64_t> frames;
  stacks_.for_each([&](std::uint64_t id, const DescribedStack& stack) {
    calls_.get(stack.frames, frames);
    judge(id, frames, false);
  });
}

void Collector::filter_by(const RecordingFilters& filters) {
  const std::lock_guard lock(mutex_);
  filter_->set(filters);
  if (filter_->judges()) {
    judge_known();
  }
  filter_->activate();
}

bool Collector::hides(std::uint64_t stack, std::uint32_t slot) const {
  const std::lock_guard lock(mutex_);
  return filter_ != nullptr && filter_->hides(stack, slot);
}

StackSum Collector::hidden_sum() const {
  const std::lock_guard lock(mutex_);
  return filter_ == nullptr ? StackSum() : filter_->hidden_sum();
}

TracebackId Collector::unknown() {
  const FrameId frame = table_->add_frame({.filename = table_->add_string("<unknown>")});
  return table_->add_traceback(std::span(&frame, 1), 1);
}

FrameId Collector::frame(std::uint64_t key) {
  if (const auto known = frames_.find(key); known != frames_.end()) {
    return known->second;
  }
  Frame frame{.filename = table_->add_string("<unknown>")};
  const auto code = codes_.find(static_cast<std::uint32_t>(key >> 32));
  const bool described = code != codes_.end();
  if (described) {
    frame.filename = table_->add_string(code->second.filename);
    frame.lineno = line_of(code->second, key);
    frame.function = table_->add_string(code->second.qualname);
  }
  const FrameId id = table_->add_frame(frame);
  if (described) {
    frames_.emplace(key, id);
  }
  return id;
}

TracebackId Collector::build(const DescribedStack& stack) {
  std::vector<std::uint64_t> keys;
  calls_.get(stack.frames, keys);
  std::vector<FrameId> frames;
  frames.reserve(keys.size());
  for (const std::uint64_t key : keys) {
    frames.push_back(frame(key));
  }
  return frames.empty() ? unknown() : table_->add_traceback(frames, stack.total_nframe);
}

TracebackId Collector::resolve(std::uint64_t stack) {
  const std::lock_guard lock(mutex_);
  DescribedStack* const described = stacks_.find(stack);
  if (described == nullptr) {
    if (stack != TMBPF_STACK_UNKNOWN) {
      unresolved_.insert(stack);
      counts_.unresolved_stacks = unresolved_.size();
    }
    return unknown();
  }
  if (!described->traceback) {
    described->traceback = build(*described);
  }
  return *described->traceback;
}

Collector::Counts Collector::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<tmbpf_process_event> Collector::take_process_events() {
  const std::lock_guard lock(mutex_);
  return std::exchange(process_events_, {});
}

}  // namespace tmbpf
