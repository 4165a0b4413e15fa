// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "userspace/model/json_text.h"

namespace tmbpf {
namespace {

using Json = nlohmann::json;

constexpr const char* kTooLarge = "a number beyond 64 bits";
constexpr std::size_t kShown = 40;  // bytes of a text in a message
constexpr auto kMostSigned = std::numeric_limits<std::int64_t>::max();

std::string quoted_briefly(std::string_view text) {
  return text.size() <= kShown ? json_string(text) : json_string(text.substr(0, kShown)) + "...";
}

// Its functions are the interface that nlohmann-json asks for; `true` goes on.
class Adapter {
 public:
  Adapter(JsonInput& input, JsonEvents::Visitor& visitor) : input_(input), visitor_(visitor) {}

  bool null() { return value({}); }
  bool boolean(bool truth) { return value(truth); }
  bool number_integer(Json::number_integer_t number) { return value(number); }
  bool number_unsigned(Json::number_unsigned_t number) { return value(number); }
  bool number_float(Json::number_float_t number, const std::string& digits) {
    if (digits.find_first_of(".eE") == std::string::npos) {
      input_.fail(input_.token(), kTooLarge);
    }
    return value(number);
  }
  bool string(std::string& text) { return value(restore_escapes(std::move(text))); }
  static bool binary(const Json::binary_t& /*bytes*/) {
    return false;
  }  // of other formats than JSON

  bool start_object(std::size_t /*count*/) {
    visitor_.on_object();
    return true;
  }
  bool key(std::string& text) {
    visitor_.on_key(restore_escapes(std::move(text)));
    return true;
  }
  bool end_object() { return end_array(); }
  bool start_array(std::size_t /*count*/) {
    visitor_.on_array();
    return true;
  }
  bool end_array() {
    visitor_.on_end();
    return true;
  }

  // Only the reason is taken from its message: the place there is that in the disguised text.
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    if (error.id == 406) {  // "number overflow"
      input_.fail(input_.token(), kTooLarge);
    }
    std::string_view why = error.what();
    why.remove_prefix(std::min(why.find("syntax error"), why.size()));
    input_.fail(input_.position(), why.substr(0, why.find("; last read: '")));
  }

 private:
  bool value(JsonValue value) {
    visitor_.on_value(std::move(value));
    return true;
  }

  JsonInput& input_;
  JsonEvents::Visitor& visitor_;
};

}  // namespace

std::string key_description(std::string_view key) { return "the key " + quoted_briefly(key); }

std::string description(const JsonValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return "the text " + quoted_briefly(*text);
  }
  if (const auto* truth = std::get_if<bool>(&value)) {
    return *truth ? "true" : "false";
  }
  if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    return fmt::format("the number {}", *number);
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return fmt::format("the number {}", *number);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return fmt::format("the number {}", *number);
  }
  return "null";
}

void JsonEvents::visit(Visitor& visitor) {
  Adapter adapter(input_, visitor);
  Json::sax_parse(input_.begin(), JsonInput::end(), &adapter);
}

std::uint64_t JsonEvents::whole(const JsonValue& value, std::uint64_t least, std::uint64_t most,
                                std::string_view wanted) const {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr || *number < least || *number > most) {
    refuse(description(value), fmt::format("{}, {} to {}", wanted, least, most));
  }
  return *number;
}

std::int64_t JsonEvents::signed_whole(const JsonValue& value, std::string_view wanted) const {
  if (const auto* negative = std::get_if<std::int64_t>(&value)) {
    return *negative;
  }
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr || *number > static_cast<std::uint64_t>(kMostSigned)) {
    refuse(description(value), fmt::format("{} up to {}", wanted, kMostSigned));
  }
  return static_cast<std::int64_t>(*number);
}

const std::string& JsonEvents::text(const JsonValue& value, std::string_view wanted) const {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    refuse(description(value), wanted);
  }
  return *text;
}

void JsonEvents::refuse(const std::string& found, std::string_view wanted) const {
  fail(fmt::format("{}, expected {}", found, wanted));
}

void JsonEvents::refuse_end(std::string_view what, std::string_view wanted) const {
  input_.fail(input_.position(), fmt::format("the end of {}, expected {}", what, wanted));
}

}  // namespace tmbpf
