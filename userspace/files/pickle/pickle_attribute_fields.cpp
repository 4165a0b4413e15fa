// SPDX-License-Identifier: Apache-2.0
// The way back: from metadata to attributes of a pickled snapshot.
#include <algorithm>
#include <limits>
#include <string>

#include "userspace/files/pickle/pickle_attributes.h"
#include "userspace/files/pickle/pickle_names.h"
#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

using json = nlohmann::ordered_json;  // Python's dicts keep their order too

// "$tuple" of {"$tuple": [...]}; empty for any other value.
std::string_view tag_of(const json& value) {
  if (!value.is_object() || value.size() != 1 || !value.begin().key().starts_with('$')) {
    return {};
  }
  return value.begin().key();
}

bool is_writable(const json& value, unsigned depth);

bool are_writable(const json& values, unsigned depth) {
  return std::ranges::all_of(values,
                             [depth](const json& each) { return is_writable(each, depth + 1); });
}

// What Python takes for the key of a dict.
bool is_hashable(const json& value) {
  const std::string_view tag = tag_of(value);
  if (tag == "$tuple") {
    return std::ranges::all_of(*value.begin(), is_hashable);
  }
  return tag == "$dict" ? false : !tag.empty() || !value.is_structured();
}

bool is_pair(const json& value) {
  return value.is_array() && value.size() == 2 && is_hashable(value[0]);
}

bool is_writable_tagged(std::string_view tag, const json& value, unsigned depth) {
  if (tag == "$tuple") {
    return value.is_array() && are_writable(value, depth);
  }
  if (tag == "$dict") {
    return value.is_array() && are_writable(value, depth) && std::ranges::all_of(value, is_pair);
  }
  if (!value.is_string()) {
    return false;
  }
  const auto& text = value.get_ref<const std::string&>();
  if (tag == "$float") {
    return text == "nan" || text == "inf" || text == "-inf";
  }
  const auto bytes = from_hex(text);
  return bytes && (tag == "$bytes" || tag == "$int" || (tag == "$wtf8" && is_wtf8(*bytes)));
}

// Whether pickle_json() can write it.
bool is_writable(const json& value, unsigned depth) {
  if (depth > 2 * kMostAttributeDepth + 2) {  // a tag and a pair are levels of their own
    return false;
  }
  if (const std::string_view tag = tag_of(value); !tag.empty()) {
    return is_writable_tagged(tag, *value.begin(), depth);
  }
  return !value.is_structured() || are_writable(value, depth);
}

void pickle_items(const json& items, PickleEncoder& encoder) {
  encoder.put(PickleOp::mark);
  for (const json& item : items) {
    pickle_json(item, encoder);
  }
}

void pickle_tagged(std::string_view tag, const json& value, PickleEncoder& encoder) {
  if (tag == "$tuple") {
    pickle_items(value, encoder);
    encoder.put(PickleOp::tuple);
    return;
  }
  if (tag == "$dict") {
    encoder.put(PickleOp::empty_dict);
    encoder.put(PickleOp::mark);
    for (const json& pair : value) {
      pickle_json(pair[0], encoder);
      pickle_json(pair[1], encoder);
    }
    encoder.put(PickleOp::set_items);
    return;
  }
  const auto& text = value.get_ref<const std::string&>();
  const std::string bytes = from_hex(text).value_or("");
  if (tag == "$bytes") {
    encoder.put_bytes(bytes);
  } else if (tag == "$int") {
    encoder.put_integer(bytes);
  } else if (tag == "$wtf8") {
    encoder.put_text(bytes);
  } else {
    const double infinity = std::numeric_limits<double>::infinity();
    encoder.put_float(text == "nan" ? std::numeric_limits<double>::quiet_NaN()
                                    : (text == "inf" ? infinity : -infinity));
  }
}

void pickle_object(const json& value, PickleEncoder& encoder) {
  encoder.put(PickleOp::empty_dict);
  encoder.put(PickleOp::mark);
  for (const auto& [key, item] : value.items()) {
    encoder.put_text(key);
    pickle_json(item, encoder);
  }
  encoder.put(PickleOp::set_items);
}

std::optional<std::string> attribute_name(const std::string& key, std::string_view prefix) {
  if (!key.starts_with(prefix)) {
    return std::nullopt;
  }
  auto name = decoded_name(std::string_view(key).substr(prefix.size()));
  if (!name || !is_wtf8(*name) || is_own_attribute(*name)) {
    return std::nullopt;
  }
  return name;
}

// The scalars in MetadataValue that are attributes as they are.
json scalar(const MetadataValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return json{{"$wtf8", to_hex(to_wtf8(*text))}};
  }
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return *integer;
  }
  return std::get<double>(value);
}

}  // namespace

std::optional<AttributeField> to_attribute(const std::string& key, const MetadataValue& value) {
  if (auto name = attribute_name(key, kAttributePrefix)) {
    return AttributeField{.name = *std::move(name), .value = scalar(value)};
  }
  const auto* text = std::get_if<std::string>(&value);
  auto name = attribute_name(key, kJsonAttributePrefix);
  if (!name || text == nullptr) {
    return std::nullopt;
  }
  json parsed = json::parse(*text, nullptr, false);
  // Any other spelling would not come back as it is.
  if (parsed.is_discarded() || !is_writable(parsed, 0) || parsed.dump() != *text) {
    return std::nullopt;
  }
  return AttributeField{.name = *std::move(name), .value = std::move(parsed)};
}

void pickle_json(const json& value, PickleEncoder& encoder) {
  const std::string_view tag = tag_of(value);
  if (!tag.empty()) {
    pickle_tagged(tag, *value.begin(), encoder);
  } else if (value.is_object()) {
    pickle_object(value, encoder);
  } else if (value.is_array()) {
    encoder.put(PickleOp::empty_list);
    pickle_items(value, encoder);
    encoder.put(PickleOp::appends);
  } else if (value.is_string()) {
    encoder.put_text(value.get_ref<const std::string&>());
  } else if (value.is_boolean()) {
    encoder.put(value.get<bool>() ? PickleOp::yes : PickleOp::no);
  } else if (value.is_number_unsigned()) {
    encoder.put_unsigned(value.get<std::uint64_t>());
  } else if (value.is_number_integer()) {
    encoder.put_signed(value.get<std::int64_t>());
  } else if (value.is_number_float()) {
    encoder.put_float(value.get<double>());
  } else {
    encoder.put(PickleOp::none);
  }
}

}  // namespace tmbpf
