// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_attributes.h"

#include <fmt/format.h>

#include <cmath>
#include <unordered_set>
#include <utility>

#include "userspace/files/pickle/pickle_decoder.h"
#include "userspace/files/pickle/pickle_names.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kMostBytes = 64ULL << 20U;  // of all attributes
constexpr std::uint64_t kFieldBytes = 128;          // a field's own

bool has_surrogate(std::string_view text) {
  for (std::size_t i = text.find('\xed'); i != std::string_view::npos;
       i = text.find('\xed', i + 1)) {
    if (i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xa0) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_own_attribute(std::string_view name) {
  return name == kTracesAttribute || name == kLimitAttribute || name == kMetadataAttribute ||
         name == kFunctionsAttribute || name == kTotalsAttribute || name == kDomainsAttribute ||
         name == kWeightsAttribute || name == kTimesAttribute || name == kAddressesAttribute;
}

void PickleAttributes::add_attribute(std::string_view name, PickleValue value) {
  name_ = fmt::format("the snapshot's attribute {}", shown(name));
  const std::string encoded = encoded_name(name);
  add(fmt::format("{}{}", kAttributePrefix, encoded),
      fmt::format("{}{}", kJsonAttributePrefix, encoded), value);
}

void PickleAttributes::add_field(const std::string& key, PickleValue value) {
  name_ = fmt::format("the field {}", shown(key));
  add(key, key, value);
}

void PickleAttributes::add(const std::string& key, const std::string& json_key, PickleValue value) {
  if (const auto integer = heap_.integer(value)) {
    put(key, *integer, 0);
  } else if (value.is(PickleKind::real)) {
    put(key, heap_.real(value), 0);
  } else if (value.is(PickleKind::text)) {
    const std::string& text = heap_.string(value.payload());
    put(key, text, text.size());
  } else {
    json_.clear();
    write_json(value, 0);
    put(json_key, std::move(json_), 0);
  }
}

void PickleAttributes::put(const std::string& key, MetadataValue value, std::uint64_t bytes) {
  charge(kFieldBytes + key.size() + bytes);
  snapshot_.set_metadata(key, std::move(value));
}

void PickleAttributes::write_json(PickleValue value, unsigned depth) {
  if (depth > kMostAttributeDepth) {
    fail(fmt::format("is nested more than {} deep", kMostAttributeDepth), value);
  }
  switch (value.kind()) {
    case PickleKind::none:
      return write("null");
    case PickleKind::boolean:
      return write(value.payload() != 0 ? "true" : "false");
    case PickleKind::integer:
    case PickleKind::long_integer:
      if (const auto integer = heap_.integer(value)) {
        return write(fmt::format("{}", *integer));
      }
      return write(fmt::format(R"({{"$int":"{}"}})", to_hex(heap_.integer_bytes(value))));
    case PickleKind::real:
      return write_real(heap_.real(value));
    case PickleKind::text:
      return write_text(heap_.string(value.payload()));
    case PickleKind::bytes:
      charge(heap_.string(value.payload()).size());
      return write(fmt::format(R"({{"$bytes":"{}"}})", to_hex(heap_.string(value.payload()))));
    case PickleKind::dict:
      return write_dict(value, depth);
    case PickleKind::list:
      return write_items(value, depth);
    case PickleKind::tuple:
    case PickleKind::frame:
    case PickleKind::traceback:
    case PickleKind::trace:
      write(R"({"$tuple":)");
      write_items(value, depth);
      return write("}");
    default:
      fail(fmt::format("holds {}, expected only None, bool, int, float, str, bytes, list, tuple "
                       "and dict",
                       kind_name(value.kind())),
           value);
  }
}

void PickleAttributes::write_text(const std::string& text) {
  charge(text.size());
  write(has_surrogate(text) ? fmt::format(R"({{"$wtf8":"{}"}})", to_hex(text))
                            : nlohmann::json(text).dump());
}

void PickleAttributes::write_real(double value) {
  if (std::isfinite(value)) {
    write(nlohmann::json(value).dump());
  } else {
    const std::string_view word = std::isnan(value) ? "nan" : (value < 0 ? "-inf" : "inf");
    write(fmt::format(R"({{"$float":"{}"}})", word));
  }
}

void PickleAttributes::write_items(PickleValue value, unsigned depth) {
  charge(heap_.size(value));
  write("[");
  bool first = true;
  for (const PickleValue item : heap_.items(value)) {
    write(first ? "" : ",");
    first = false;
    write_json(item, depth + 1);
  }
  write("]");
}

bool PickleAttributes::is_json_object(PickleValue dict) const {
  const auto& items = heap_.dict(dict).items;
  std::unordered_set<std::string_view> keys;
  for (const auto& [key, value] : items) {
    if (!key.is(PickleKind::text) || has_surrogate(heap_.string(key.payload())) ||
        !keys.insert(heap_.string(key.payload())).second) {
      return false;
    }
  }
  return items.size() != 1 || !heap_.string(items[0].first.payload()).starts_with('$');
}

void PickleAttributes::write_dict(PickleValue dict, unsigned depth) {
  const bool object = is_json_object(dict);
  write(object ? "{" : R"({"$dict":[)");
  bool first = true;
  for (const auto& [key, value] : heap_.dict(dict).items) {
    write(first ? "" : ",");
    first = false;
    write(object ? "" : "[");
    write_json(key, depth + 1);
    write(object ? ":" : ",");
    write_json(value, depth + 1);
    write(object ? "" : "]");
  }
  write(object ? "}" : "]}");
}

void PickleAttributes::write(std::string_view text) {
  charge(text.size());
  json_ += text;
}

void PickleAttributes::charge(std::uint64_t bytes) {
  used_ += bytes;
  if (used_ > kMostBytes) {
    input_.fail(
        input_.position(),
        fmt::format("{}: the attributes together take more than {} bytes", name_, kMostBytes));
  }
}

void PickleAttributes::fail(std::string_view what, PickleValue value) const {
  input_.fail(heap_.offset(value), fmt::format("{} {}", name_, what));
}

}  // namespace tmbpf
