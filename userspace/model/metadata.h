// SPDX-License-Identifier: Apache-2.0
// What else is known about a snapshot, as words and values, which is how every file format keeps
// it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace tmbpf {

using MetadataValue = std::variant<std::int64_t, double, std::string>;

// What to_metadata() gives (see SnapshotMetadata); each key is optional:
//   tracer_version, mode, state, command, python string · pid int · attached, time double ·
//   elapsed double, seconds traced · current, peak, rss int, bytes ·
//   lost int, events; of them lost.KEY int, lost.KEY.what string ·
//   pss, vm_size, tracer_memory int, bytes · gc.count.0, .1, .2 int, as gc.get_count() ·
//   gc.collections.0, .1, .2 int, as gc.get_stats() · allocated_blocks int, as
//   sys.getallocatedblocks() · arena_bytes int; fragmentation double 0..1, the free share of them ·
//   interned_strings int, of those in the arenas ·
//   user_data string, text or JSON; user_data_error string, why it is not all ·
//   replaced_allocator string, only when something allocated without being seen ·
//   coverage double 0..1, share of the blocks; coverage.bytes double, the same by bytes;
//   coverage.attributed, .missing, .extra, .unsettled_pools int; coverage.missing.SIZE int, blocks
//   of that many bytes; coverage.cause.KEY int, blocks, coverage.cause.KEY.what string ·
//   before.blocks, before.bytes int, from before the attach; of them before.SIZE int, blocks
// The files do not depend on any of them, but pprof's own time and duration come from `time` and
// `elapsed`. Strings may hold any bytes; keys are for programs: ASCII, no '='.
using Metadata = std::map<std::string, MetadataValue>;

// The value of `key` when it is of that type.
template <typename Value>
std::optional<Value> metadatum(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  const auto* value = found == metadata.end() ? nullptr : std::get_if<Value>(&found->second);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

// The value of `key` when it is a number of either type.
inline std::optional<double> metadata_number(const Metadata& metadata, const std::string& key) {
  if (const auto integer = metadatum<std::int64_t>(metadata, key)) {
    return static_cast<double>(*integer);
  }
  return metadatum<double>(metadata, key);
}

}  // namespace tmbpf
