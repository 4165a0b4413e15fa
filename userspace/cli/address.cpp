// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/address.h"

#include <fmt/format.h>

#include <charconv>

#include "util/error.h"

namespace tmbpf {

std::uint64_t parse_address(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  const std::string_view digits = hexadecimal ? text.substr(2) : text;
  std::uint64_t address = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw Error(fmt::format("\"{}\" is no address", text),
                "Give it in hexadecimal, 0x7f5a12345670, or as id() does, 140025123456624.",
                ExitStatus::usage);
  }
  return address;
}

}  // namespace tmbpf
