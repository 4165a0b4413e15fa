// SPDX-License-Identifier: Apache-2.0
// What tracemalloc has no place for, as more attributes of the snapshot.
#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <string>
#include <variant>

#include "userspace/files/pickle/pickle_attributes.h"
#include "userspace/files/pickle/pickle_names.h"
#include "userspace/files/pickle/snapshot_pickler.h"
#include "userspace/model/wtf8.h"

namespace tmbpf {

void SnapshotPickler::put_metadata() {
  std::vector<const Metadata::value_type*> fields;
  std::set<std::string> names;
  for (const auto& field : snapshot_.metadata()) {
    const auto attribute = to_attribute(field.first, field.second);
    if (attribute && names.insert(attribute->name).second) {
      encoder_.put_text(attribute->name);
      pickle_json(attribute->value, encoder_);
    } else {
      fields.push_back(&field);
    }
  }
  if (fields.empty()) {
    return;
  }
  encoder_.put_text(kMetadataAttribute);
  encoder_.put(PickleOp::empty_dict);
  encoder_.put(PickleOp::mark);
  for (const auto* field : fields) {
    encoder_.put_text(to_wtf8(field->first));
    put_value(field->second);
  }
  encoder_.put(PickleOp::set_items);
}

void SnapshotPickler::put_value(const MetadataValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    encoder_.put_signed(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    encoder_.put_float(*real);
  } else {
    encoder_.put_text(to_wtf8(std::get<std::string>(value)));
  }
}

void SnapshotPickler::put_stretch(std::uint64_t first, std::uint64_t count) {
  encoder_.put_unsigned(first);
  encoder_.put_unsigned(count);
}

void SnapshotPickler::put_weights() {
  std::uint64_t tuple = 0;
  bool any = false;
  snapshot_.traces().for_each([&](auto, auto, auto, double weight) {
    const std::uint64_t count = tuples_of(weight);
    if (weight != 1) {
      if (!any) {
        encoder_.put_text(kWeightsAttribute);
        encoder_.put(PickleOp::empty_list);
      }
      any = true;
      put_stretch(tuple, count);
      encoder_.put_float(weight);
      encoder_.put(PickleOp::tuple3);
      encoder_.put(PickleOp::append);
    }
    tuple += count;
  });
}

void SnapshotPickler::put_domains() {
  std::uint64_t tuple = 0;
  std::uint64_t first = 0;
  std::uint32_t current = 0;
  bool any = false;
  const auto end_stretch = [&] {
    if (current != 0) {
      if (!any) {
        encoder_.put_text(kDomainsAttribute);
        encoder_.put(PickleOp::empty_list);
      }
      any = true;
      put_stretch(first, tuple - first);
      encoder_.put_unsigned(current);
      encoder_.put(PickleOp::tuple3);
      encoder_.put(PickleOp::append);
    }
  };
  snapshot_.traces().for_each([&](std::uint32_t domain, auto, auto, double weight) {
    if (domain != current) {
      end_stretch();
      current = domain;
      first = tuple;
    }
    tuple += tuples_of(weight);
  });
  end_stretch();
}

void SnapshotPickler::put_times() { put_column(kTimesAttribute, &Trace::time); }

void SnapshotPickler::put_addresses() { put_column(kAddressesAttribute, &Trace::address); }

template <typename Value>
void SnapshotPickler::put_column(std::string_view attribute, Value Trace::*member) {
  static_assert(std::endian::native == std::endian::little);
  const TraceList& traces = snapshot_.traces();
  if (std::none_of(traces.begin(), traces.end(),
                   [member](const Trace& each) { return each.*member != 0; })) {
    return;
  }
  encoder_.put_text(attribute);
  encoder_.begin_bytes(traces.size() * sizeof(Value));
  for (const Trace& trace : traces) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(Value)>>(trace.*member);
    encoder_.put_bytes_part({bytes.data(), bytes.size()});
  }
}

// Those objects of a memo, by what `of` says about them: nothing said, not written.
template <typename Id, typename Of, typename PutKey, typename PutObject>
void SnapshotPickler::put_groups(std::string_view attribute, PickleMemo& memo, Of of,
                                 PutKey put_key, PutObject put_object) {
  std::vector<Id> ids;
  for (std::size_t i = 0; i < memo.size(); ++i) {
    if (PickleMemo::known(memo.place(i)) && of(static_cast<Id>(i)) != decltype(of(Id{})){}) {
      ids.push_back(static_cast<Id>(i));
    }
  }
  if (ids.empty()) {
    return;
  }
  std::ranges::stable_sort(ids, {}, of);
  encoder_.put_text(attribute);
  encoder_.put(PickleOp::empty_dict);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == 0 || of(ids[i]) != of(ids[i - 1])) {
      put_key(of(ids[i]));
      encoder_.put(PickleOp::empty_list);
    }
    put_object(ids[i]);
    encoder_.put(PickleOp::append);
    if (i + 1 == ids.size() || of(ids[i]) != of(ids[i + 1])) {
      encoder_.put(PickleOp::set_item);
    }
  }
}

void SnapshotPickler::put_functions() {
  put_groups<FrameId>(
      kFunctionsAttribute, frames_, [&](FrameId id) { return table_.frame(id).function; },
      [&](StringId name) { put_string(name); }, [&](FrameId id) { put_frame(id); });
}

void SnapshotPickler::put_totals() {
  const auto total_if_cut = [&](TracebackId id) {
    const Traceback traceback = table_.traceback(id);
    return traceback.total_nframe == traceback.frames.size() ? 0U
                                                             : unsigned{traceback.total_nframe};
  };
  put_groups<TracebackId>(
      kTotalsAttribute, tracebacks_, total_if_cut,
      [&](unsigned total) { encoder_.put_unsigned(total); },
      [&](TracebackId id) { put_traceback(id); });
}

}  // namespace tmbpf
