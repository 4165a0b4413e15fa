// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/text_decoder.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tmbpf {
namespace {

class Converter {
 public:
  explicit Converter(const std::string& encoding)
      : state_(::iconv_open("UTF-8", encoding.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  Converter(Converter&&) = delete;
  Converter& operator=(Converter&&) = delete;
  ~Converter() {
    if (valid()) {
      ::iconv_close(state_);
    }
  }

  [[nodiscard]] bool valid() const {
    return state_ != reinterpret_cast<iconv_t>(-1);  // NOLINT(performance-no-int-to-ptr): its API
  }

  std::optional<std::string> convert(std::string_view bytes) {
    std::string result;
    std::array<char, 4096> piece{};
    char* from = const_cast<char*>(bytes.data());  // iconv only reads it
    std::size_t left = bytes.size();
    while (left > 0) {
      char* to = piece.data();
      std::size_t room = piece.size();
      const std::size_t status = ::iconv(state_, &from, &left, &to, &room);
      result.append(piece.data(), piece.size() - room);
      if (status == static_cast<std::size_t>(-1) && errno != E2BIG) {
        return std::nullopt;
      }
    }
    return result;
  }

 private:
  iconv_t state_;
};

// What iconv calls differently.
std::string iconv_name(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower == '_' ? '-' : lower;
  });
  if (name == "latin-1" || name.starts_with("latin-1-")) {
    return "iso-8859-1";
  }
  return name == "utf-8-sig" ? "utf-8" : name;
}

}  // namespace

std::optional<std::string> to_utf8(std::string_view bytes, const std::string& encoding) {
  Converter converter(iconv_name(encoding));
  return converter.valid() ? converter.convert(bytes) : std::nullopt;
}

}  // namespace tmbpf
