// SPDX-License-Identifier: Apache-2.0
// A JSON document, one part after the other as they stand in the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "userspace/files/byte_source.h"
#include "userspace/files/json/json_input.h"

namespace tmbpf {

// null, true or false, a whole number from 0 up, one below 0, a number with '.' or an exponent, a
// text (WTF-8).
using JsonValue =
    std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string>;

// For messages: `the number 5`, `the text "..."` (shortened).
std::string description(const JsonValue& value);
std::string key_description(std::string_view key);

class JsonEvents {
 public:
  // What each part is handed to. They throw Error for what they do not want, also for nesting.
  class Visitor {
   public:
    Visitor() = default;
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;
    Visitor(Visitor&&) = delete;
    Visitor& operator=(Visitor&&) = delete;
    virtual ~Visitor() = default;

    virtual void on_value(JsonValue value) = 0;
    virtual void on_object() = 0;
    virtual void on_array() = 0;
    virtual void on_key(std::string key) = 0;
    virtual void on_end() = 0;  // of the last object or array
  };

  // `source` must outlive this.
  explicit JsonEvents(ByteSource& source) : input_(source) {}

  // All of the source, once. Throws Error for what is no JSON (RFC 8259), for numbers beyond 64
  // bits, and as fail() does. Keeps one string or number at a time.
  void visit(Visitor& visitor);

  // What a value must be; refuse() with `wanted` and the range when it is not.
  [[nodiscard]] std::uint64_t whole(const JsonValue& value, std::uint64_t least, std::uint64_t most,
                                    std::string_view wanted) const;
  [[nodiscard]] std::int64_t signed_whole(const JsonValue& value, std::string_view wanted) const;
  [[nodiscard]] const std::string& text(const JsonValue& value, std::string_view wanted) const;

  // At the value or key that the visitor has got; a `[` or `{` for on_array(), on_object().
  [[noreturn]] void fail(std::string_view what) const { input_.fail(input_.token(), what); }
  // "FOUND, expected WANTED".
  [[noreturn]] void refuse(const std::string& found, std::string_view wanted) const;
  // "the end of WHAT, expected WANTED" at the last byte, for on_end().
  [[noreturn]] void refuse_end(std::string_view what, std::string_view wanted) const;

 private:
  JsonInput input_;
};

}  // namespace tmbpf
