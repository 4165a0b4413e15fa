// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/address.h"

#include <fmt/format.h>

#include "userspace/cli/number_text.h"
#include "util/error.h"

namespace tmbpf {

std::uint64_t parse_address(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  const auto address = hexadecimal ? parse_number<std::uint64_t>(text.substr(2), 16)
                                   : parse_number<std::uint64_t>(text, 10);
  if (!address) {
    throw Error(fmt::format("\"{}\" is no address", text),
                "Give it in hexadecimal, 0x7f5a12345670, or as id() does, 140025123456624.",
                ExitStatus::usage);
  }
  return *address;
}

}  // namespace tmbpf
