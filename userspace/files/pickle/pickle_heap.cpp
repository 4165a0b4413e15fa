// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_heap.h"

#include <algorithm>
#include <limits>

#include "userspace/model/traceback.h"

namespace tmbpf {
namespace {

constexpr auto kMostUnsigned = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kStringOverhead = 64;  // of one in a deque, and of its own allocation

bool is_unsigned(PickleValue value) {
  return value.is(PickleKind::integer) && value.integer() >= 0 && value.integer() <= kMostUnsigned;
}

// The sign bit of the last byte, repeated, is what the missing bytes would be.
std::optional<std::int64_t> to_int64(std::string_view bytes) {
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i >= 8) {
      if (byte != (negative ? 0xff : 0)) {
        return std::nullopt;
      }
      continue;
    }
    value &= ~(std::uint64_t{0xff} << (8 * i));
    value |= std::uint64_t{byte} << (8 * i);
  }
  const auto result = static_cast<std::int64_t>(value);
  return (result < 0) == negative ? std::optional(result) : std::nullopt;
}

// The shortest that means the same.
std::string_view without_sign_bytes(std::string_view bytes) {
  const auto top_bit = [&](std::size_t i) { return (bytes[i] & 0x80) != 0; };
  while (bytes.size() > 1 && bytes.back() == (top_bit(bytes.size() - 2) ? '\xff' : '\0')) {
    bytes.remove_suffix(1);
  }
  return bytes;
}

template <typename T>
std::uint64_t memory_of(const std::vector<T>& vector) {
  return vector.capacity() * sizeof(T);
}

template <typename T>
std::uint64_t memory_of(const std::deque<T>& deque) {
  return deque.size() * sizeof(T);
}

// What `items` grows by, as growth by doubling would have it.
template <typename T>
std::uint64_t growth(const std::vector<T>& items, std::size_t more) {
  const std::size_t size = items.size() + more;
  return size <= items.capacity() ? 0 : std::max(more, items.capacity()) * sizeof(T);
}

}  // namespace

PickleHeap::PickleHeap() { tuples_.emplace_back(); }  // #0 is the empty tuple

PickleValue PickleHeap::add_integer(std::int64_t value) {
  if (value >= PickleValue::kMinInteger && value <= PickleValue::kMaxInteger) {
    return PickleValue::of_integer(value);
  }
  std::string bytes;
  for (unsigned i = 0; i < 8; ++i) {
    bytes += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU);
  }
  string_memory_ += kStringOverhead;
  long_integers_.push_back(std::move(bytes));
  return {PickleKind::long_integer, long_integers_.size() - 1};
}

PickleValue PickleHeap::add_integer(std::string_view bytes) {
  if (const auto value = to_int64(bytes)) {
    return add_integer(*value);
  }
  bytes = without_sign_bytes(bytes);
  string_memory_ += bytes.size() + kStringOverhead;
  long_integers_.emplace_back(bytes);
  return {PickleKind::long_integer, long_integers_.size() - 1};
}

PickleValue PickleHeap::add_real(double value) {
  reals_.push_back(value);
  return {PickleKind::real, reals_.size() - 1};
}

PickleValue PickleHeap::add_string(PickleKind kind, std::string value) {
  string_memory_ += value.capacity() + kStringOverhead;
  strings_.push_back(std::move(value));
  return {kind, strings_.size() - 1};
}

PickleValue PickleHeap::add_tuple(std::span<const PickleValue> items, std::uint64_t offset) {
  if (items.empty()) {
    return {PickleKind::tuple, 0};
  }
  auto known = trace_of(items);
  if (!known) {
    known = frame_of(items);
  }
  if (!known) {
    known = traceback_of(items);
  }
  if (known) {
    return *known;
  }
  tuples_.push_back({.begin = tuple_items_.size(), .size = items.size(), .offset = offset});
  tuple_items_.insert(tuple_items_.end(), items.begin(), items.end());
  return {PickleKind::tuple, tuples_.size() - 1};
}

std::optional<PickleValue> PickleHeap::frame_of(std::span<const PickleValue> items) {
  if (items.size() != 2 || !items[0].is(PickleKind::text) || !is_unsigned(items[1]) ||
      items[0].payload() > kMostUnsigned || frames_.size() > kMostUnsigned) {
    return std::nullopt;
  }
  frames_.push_back({.filename = static_cast<std::uint32_t>(items[0].payload()),
                     .lineno = static_cast<std::uint32_t>(items[1].integer())});
  return PickleValue(PickleKind::frame, frames_.size() - 1);
}

std::optional<PickleValue> PickleHeap::traceback_of(std::span<const PickleValue> items) {
  for (const PickleValue item : items) {
    if (!item.is(PickleKind::frame)) {
      return std::nullopt;
    }
  }
  if (items.size() > kMostUnsigned || tracebacks_.size() >= kMostUnsigned) {
    return std::nullopt;
  }
  tracebacks_.push_back(
      {.begin = traceback_frames_.size(), .length = static_cast<std::uint32_t>(items.size())});
  for (const PickleValue item : items) {
    traceback_frames_.push_back(static_cast<std::uint32_t>(item.payload()));
  }
  return PickleValue(PickleKind::traceback, tracebacks_.size() - 1);
}

std::optional<PickleValue> PickleHeap::trace_of(std::span<const PickleValue> items) {
  const std::size_t fields = items.size();
  if (fields < 2 || fields > 4) {
    return std::nullopt;
  }
  const std::size_t at = fields == 2 ? 1 : 2;  // of the traceback
  const PickleValue traceback = items[at];
  if (!traceback.is(PickleKind::traceback)) {
    return std::nullopt;
  }
  const auto size = integer(items[at - 1]);
  const bool fits = size && *size >= 0 && (fields == 2 || is_unsigned(items[0])) &&
                    (fields < 4 || (is_unsigned(items[3]) && items[3].integer() >= 1 &&
                                    items[3].integer() <= kMaxFrames));
  if (!fits) {
    return std::nullopt;
  }
  const auto total = fields < 4 ? 0 : static_cast<std::uint32_t>(items[3].integer());
  if (arities_.empty() || arities_.back().fields != fields) {
    arities_.push_back({.first = traces_.size(), .fields = static_cast<unsigned>(fields)});
  }
  traces_.push_back(
      {.domain = fields == 2 ? 0 : static_cast<std::uint32_t>(items[0].integer()),
       .traceback = with_total(static_cast<std::uint32_t>(traceback.payload()), total),
       .size = static_cast<std::uint64_t>(*size)});
  return PickleValue(PickleKind::trace, traces_.size() - 1);
}

std::uint32_t PickleHeap::with_total(std::uint32_t traceback, std::uint32_t total_nframe) {
  PickleTraceback& known = tracebacks_[traceback];
  if (!known.used) {
    known.used = true;
    known.total_nframe = total_nframe;
  }
  if (known.total_nframe == total_nframe) {
    return traceback;
  }
  const auto next = static_cast<std::uint32_t>(tracebacks_.size());
  const auto [variant, added] =
      variants_.try_emplace((std::uint64_t{traceback} << 32U) | total_nframe, next);
  if (added) {
    PickleTraceback copy = known;
    copy.total_nframe = total_nframe;
    tracebacks_.push_back(copy);
  }
  return variant->second;
}

PickleValue PickleHeap::add_list(std::uint64_t offset) {
  lists_.push_back({.runs = {}, .items = {}, .size = 0, .offset = offset});
  return {PickleKind::list, lists_.size() - 1};
}

PickleValue PickleHeap::add_dict(std::uint64_t offset) {
  dicts_.push_back({.items = {}, .offset = offset});
  return {PickleKind::dict, dicts_.size() - 1};
}

PickleValue PickleHeap::add_instance(PickleGlobal of, std::uint64_t offset) {
  instances_.push_back({.of = of, .state = {}, .offset = offset});
  return {PickleKind::instance, instances_.size() - 1};
}

void PickleHeap::append(PickleValue list, std::span<const PickleValue> items) {
  PickleList& target = lists_[list.payload()];
  const std::uint64_t before = memory_of(target.runs);
  std::size_t done = 0;
  if (target.items.empty()) {
    for (; done < items.size() && items[done].is(PickleKind::trace); ++done) {
      append_trace(target, items[done].payload());
    }
  }
  item_memory_ += memory_of(target.runs) - before;
  if (done == items.size()) {
    return;
  }
  if (target.items.empty()) {
    make_general(target);
  }
  const auto rest = items.subspan(done);
  item_memory_ += growth(target.items, rest.size());
  target.items.insert(target.items.end(), rest.begin(), rest.end());
  target.size += rest.size();
}

void PickleHeap::append_trace(PickleList& list, std::uint64_t trace) {
  ++list.size;
  if (!list.runs.empty()) {
    PickleList::Run& last = list.runs.back();
    if (last.repeated == 0 && trace == last.first + last.count) {
      ++last.count;
      return;
    }
    if (trace == last.first && (last.repeated != 0 || last.count == 1)) {
      last.repeated = 1;
      ++last.count;
      return;
    }
  }
  list.runs.push_back({.first = trace & ~(std::uint64_t{1} << 63U), .repeated = 0, .count = 1});
}

void PickleHeap::make_general(PickleList& list) {
  item_memory_ += growth(list.items, list.size);
  list.items.reserve(list.size);
  for (const PickleList::Run& run : list.runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      list.items.emplace_back(PickleKind::trace, run.first + (run.repeated != 0 ? 0 : i));
    }
  }
  item_memory_ -= memory_of(list.runs);
  list.runs = {};
}

void PickleHeap::set_items(PickleValue dict, std::span<const PickleValue> items) {
  auto& target = dicts_[dict.payload()].items;
  item_memory_ += growth(target, items.size() / 2);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    target.emplace_back(items[i], items[i + 1]);
  }
}

std::optional<std::int64_t> PickleHeap::integer(PickleValue value) const {
  if (value.is(PickleKind::integer)) {
    return value.integer();
  }
  // A longer one was found not to fit when it was added.
  return value.is(PickleKind::long_integer) && integer_bytes(value).size() <= sizeof(std::int64_t)
             ? to_int64(integer_bytes(value))
             : std::nullopt;
}

const std::string& PickleHeap::integer_bytes(PickleValue value) const {
  return long_integers_[value.payload()];
}

std::uint64_t PickleHeap::memory() const {
  return memory_of(strings_) + memory_of(long_integers_) + memory_of(reals_) +
         memory_of(tuple_items_) + memory_of(tuples_) + memory_of(lists_) + memory_of(dicts_) +
         memory_of(instances_) + memory_of(frames_) + memory_of(traceback_frames_) +
         memory_of(tracebacks_) + variants_.size() * 4 * sizeof(std::uint64_t) +
         memory_of(traces_) + memory_of(arities_) + item_memory_ + string_memory_;
}

}  // namespace tmbpf
