// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_metadata.h"

#include <limits>
#include <utility>

#include "userspace/files/json/json_layout.h"

namespace tmbpf {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

void JsonMetadata::take_key(std::string key) {
  if (snapshot_.metadata().contains(key)) {
    events_.refuse(key_description(key) + " a second time", "each once");
  }
  key_ = std::move(key);
}

void JsonMetadata::take_value(const JsonValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    take_text(*text);
  } else if (const auto* real = std::get_if<double>(&value)) {
    snapshot_.set_metadata(key_, *real);
  } else {
    snapshot_.set_metadata(key_, events_.signed_whole(value, "a text or a number"));
  }
}

void JsonMetadata::take_real_key(const std::string& key) const {
  if (key != kJsonReal || has_real_) {
    events_.refuse(key_description(key), kJsonRealForm);
  }
}

void JsonMetadata::take_real(const JsonValue& value) {
  const std::string& name = events_.text(value, kJsonRealForm);
  if (name == "nan") {
    snapshot_.set_metadata(key_, std::numeric_limits<double>::quiet_NaN());
  } else if (name == "inf" || name == "-inf") {
    snapshot_.set_metadata(key_, name == "inf" ? kInfinity : -kInfinity);
  } else {
    events_.refuse(description(value), kJsonRealForm);
  }
  has_real_ = true;
}

void JsonMetadata::end_real() const {
  if (!has_real_) {
    events_.refuse_end("the object", kJsonRealForm);
  }
}

}  // namespace tmbpf
