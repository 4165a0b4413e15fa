// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/error_text.h"

#include <fmt/format.h>

#include "util/format_size.h"

namespace tmbpf {

std::string size_error_text(std::uint64_t bytes) {
  return bytes == 0 ? "" : " +-" + format_size(static_cast<double>(bytes));
}

std::string count_error_text(std::uint64_t blocks) {
  return blocks == 0 ? "" : fmt::format(" +-{}", blocks);
}

}  // namespace tmbpf
