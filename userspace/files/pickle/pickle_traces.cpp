// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_traces.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "userspace/files/memory_budget.h"
#include "userspace/files/pickle/pickle_decoder.h"
#include "userspace/files/pickle/pickle_names.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kReleaseInterval = 4096;  // traces
constexpr std::uint64_t kBytesPerTrace = 32;      // in a TraceList, with a time

constexpr std::size_t kColumnWidth = 8;  // bytes

template <typename Value>
Value at(std::string_view column, std::uint64_t trace) {
  static_assert(sizeof(Value) == kColumnWidth);
  Value value = 0;
  if (!column.empty()) {
    std::memcpy(&value, column.data() + trace * kColumnWidth, kColumnWidth);
  }
  return value;
}

}  // namespace

PickleTraces::PickleTraces(PickleHeap& heap, const PickleInput& input, PickleValue list)
    : heap_(heap), input_(input), list_(heap.list(list)), value_(list) {
  for (std::size_t i = 0; i < list_.items.size(); ++i) {
    if (!list_.items[i].is(PickleKind::trace)) {
      const std::uint64_t offset = heap.offset(list_.items[i]);
      input.fail(offset != 0 ? offset : list_.offset, why_no_trace(heap, list_.items[i], i));
    }
  }
  check_fields();
}

void PickleTraces::check_fields() const {
  if (list_.runs.empty()) {
    return;
  }
  const unsigned fields = heap_.fields_of_trace(list_.runs.front().first);
  for (const PickleList::Run& run : list_.runs) {
    const std::uint64_t last = run.first + (run.repeated != 0 ? 0 : run.count - 1);
    const std::uint64_t changed = heap_.next_change_of_fields(run.first);
    if (heap_.fields_of_trace(run.first) != fields || changed <= last) {
      fail(value_, fmt::format("the list of traces mixes tuples of {} fields with others", fields));
    }
  }
}

bool PickleTraces::in_order() const {
  std::uint64_t next = 0;
  for (const PickleList::Run& run : list_.runs) {
    if (run.first < next) {
      return false;
    }
    next = run.first + (run.repeated != 0 ? 0 : run.count - 1);
  }
  return true;
}

std::vector<PickleTraces::Stretch> PickleTraces::stretches(PickleValue value,
                                                           std::string_view name) const {
  std::vector<Stretch> result;
  if (value.is(PickleKind::absent)) {
    return result;
  }
  if (!value.is(PickleKind::list)) {
    fail(value,
         fmt::format("attribute {}: expected a list, found {}", name, kind_name(value.kind())));
  }
  std::uint64_t next = 0;
  for (const PickleValue item : heap_.items(value)) {
    const auto parts = heap_.items(item);
    const auto number = [&](std::size_t i) {
      return parts.size() == 3 ? heap_.integer(parts[i]).value_or(-1) : -1;
    };
    const auto first = static_cast<std::uint64_t>(number(0));  // a negative one is too large
    const auto count = static_cast<std::uint64_t>(number(1));
    if (first < next || first >= list_.size || count < 1 || count > list_.size - first) {
      fail(value, fmt::format("attribute {}: expected tuples (first, count, value) in ascending "
                              "order, within the {} traces",
                              name, list_.size));
    }
    result.push_back({.first = first, .count = count, .value = parts[2]});
    next = result.back().first + result.back().count;
  }
  return result;
}

void PickleTraces::set_weights(PickleValue value) {
  weights_ = stretches(value, kWeightsAttribute);
  for (const Stretch& weight : weights_) {
    if (!weight.value.is(PickleKind::real) || !std::isfinite(heap_.real(weight.value)) ||
        heap_.real(weight.value) <= 0) {
      fail(value, fmt::format("attribute {}: expected weights that are floats above 0",
                              kWeightsAttribute));
    }
  }
}

void PickleTraces::set_domains(PickleValue value) {
  domains_ = stretches(value, kDomainsAttribute);
  for (const Stretch& domain : domains_) {
    const auto number = heap_.integer(domain.value);
    if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
      fail(value,
           fmt::format("attribute {}: expected domains from 0 to 4294967295", kDomainsAttribute));
    }
  }
}

void PickleTraces::set_times(PickleValue value) { times_ = column(value, kTimesAttribute); }

void PickleTraces::set_addresses(PickleValue value) {
  addresses_ = column(value, kAddressesAttribute);
}

// 8 bytes for each trace; empty when the attribute is not there.
std::string_view PickleTraces::column(PickleValue value, std::string_view attribute) const {
  if (value.is(PickleKind::absent)) {
    return {};
  }
  std::uint64_t traces = list_.size;
  for (const Stretch& weight : weights_) {
    traces -= weight.count - 1;
  }
  if (!value.is(PickleKind::bytes) ||
      heap_.string(value.payload()).size() != traces * kColumnWidth) {
    fail(value, fmt::format("attribute {}: expected bytes, {} for each of {} traces", attribute,
                            kColumnWidth, traces));
  }
  return heap_.string(value.payload());
}

template <typename Each>
void PickleTraces::for_each(Each each) const {
  for (const PickleList::Run& run : list_.runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      each(run.first + (run.repeated != 0 ? 0 : i));
    }
  }
}

void PickleTraces::move_to(Snapshot& snapshot, PickleTracebacks& tracebacks) {
  const bool releasing = in_order();
  Cursor weights(weights_);
  Cursor domains(domains_);
  std::uint64_t tuple = 0;
  std::uint64_t added = 0;
  PickleTrace first_of_weight;
  for_each([&](std::uint64_t index) {
    PickleTrace row = heap_.trace(index);
    if (const Stretch* domain = domains.at(tuple)) {
      row.domain = static_cast<std::uint32_t>(*heap_.integer(domain->value));
    }
    const Stretch* weight = weights.at(tuple++);
    if (weight != nullptr && tuple - 1 != weight->first) {
      check_same(first_of_weight, row, *weight, tuple - 1);
      return;
    }
    first_of_weight = row;
    snapshot.add_trace({.domain = row.domain,
                        .traceback = tracebacks.id(row.traceback),
                        .size = row.size,
                        .weight = weight != nullptr ? heap_.real(weight->value) : 1,
                        .time = at<std::int64_t>(times_, added),
                        .address = at<std::uint64_t>(addresses_, added)});
    if (++added % kReleaseInterval == 0) {
      check_memory(tracebacks);
      heap_.release_traces_before(releasing ? index : 0);
    }
  });
  check_memory(tracebacks);
}

void PickleTraces::check_same(const PickleTrace& first, const PickleTrace& row,
                              const Stretch& weight, std::uint64_t tuple) const {
  if (row != first) {
    fail(value_, fmt::format("attribute {}: trace {} differs from trace {}, though one weight "
                             "holds for both",
                             kWeightsAttribute, tuple, weight.first));
  }
}

void PickleTraces::check_memory(const PickleTracebacks& tracebacks) const {
  const std::uint64_t memory = heap_.memory() + tracebacks.memory() + list_.size * kBytesPerTrace;
  const std::uint64_t limit = memory_budget(input_.position());
  if (memory > limit) {
    fail(value_, fmt::format("its traces take {} bytes of memory, more than the {} that so long a "
                             "file may take",
                             memory, limit));
  }
}

void PickleTraces::fail(PickleValue value, std::string_view what) const {
  input_.fail(heap_.offset(value), what);
}

}  // namespace tmbpf
