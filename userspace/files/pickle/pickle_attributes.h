// SPDX-License-Identifier: Apache-2.0
// The attributes that a program gave a tracemalloc.Snapshot, as metadata and back.
//
// A snapshot's attribute NAME becomes the field
//   attribute.NAME       for an int of 64 bits, a float and a str,
//   attribute_json.NAME  for bool, None, bytes, list, tuple, dict and any other int: JSON text.
// In NAME all but ASCII letters, digits, '_', '-' and '.' is percent-encoded. In the JSON text
//   {"$tuple": [...]}   is a tuple, {"$bytes": HEX} are bytes, {"$wtf8": HEX} is a str with lone
//   surrogates, {"$int": HEX} is an int of more than 64 bits (two's complement, little-endian),
//   {"$float": "nan", "inf" or "-inf"}, {"$dict": [[KEY, VALUE], ...]} is a dict that JSON has no
//   way to write; all else is as JSON has it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/files/pickle/pickle_encoder.h"
#include "userspace/files/pickle/pickle_heap.h"
#include "userspace/files/pickle/pickle_input.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Fields of that kind begin like this.
inline constexpr std::string_view kAttributePrefix = "attribute.";
inline constexpr std::string_view kJsonAttributePrefix = "attribute_json.";

// Attributes that are not the program's: tracemalloc's own and those that tmbpf adds.
bool is_own_attribute(std::string_view name);

// Fills the metadata of one snapshot from one pickle.
class PickleAttributes {
 public:
  // All must outlive this.
  PickleAttributes(const PickleHeap& heap, const PickleInput& input, Snapshot& snapshot)
      : heap_(heap), input_(input), snapshot_(snapshot) {}

  // Throws Error for a value of another type than those above, one nested deeper than
  // kMostAttributeDepth, and when all values together take too much memory.
  void add_attribute(std::string_view name, PickleValue value);
  // The field itself, as JSON text when it is no int, float or str.
  void add_field(const std::string& key, PickleValue value);

 private:
  void add(const std::string& key, const std::string& json_key, PickleValue value);
  void put(const std::string& key, MetadataValue value, std::uint64_t bytes);
  void write_json(PickleValue value, unsigned depth);
  void write_text(const std::string& text);
  void write_real(double value);
  void write_items(PickleValue value, unsigned depth);
  void write_dict(PickleValue dict, unsigned depth);
  [[nodiscard]] bool is_json_object(PickleValue dict) const;
  void write(std::string_view text);
  void charge(std::uint64_t bytes);
  [[noreturn]] void fail(std::string_view what, PickleValue value) const;

  const PickleHeap& heap_;
  const PickleInput& input_;
  Snapshot& snapshot_;
  std::string name_;  // of what is being added
  std::string json_;  // of it, as far as written
  std::uint64_t used_ = 0;
};

inline constexpr unsigned kMostAttributeDepth = 32;

// An attribute as a field keeps it, to be pickled.
struct AttributeField {
  std::string name;  // WTF-8
  nlohmann::ordered_json value;
};

// Nothing when the field is no attribute, or not one that add_attribute() could have made.
std::optional<AttributeField> to_attribute(const std::string& key, const MetadataValue& value);

// Of an AttributeField.
void pickle_json(const nlohmann::ordered_json& value, PickleEncoder& encoder);

}  // namespace tmbpf
