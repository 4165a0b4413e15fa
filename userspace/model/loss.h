// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tmbpf {

// One kind of thing that was not seen as it should have been.
struct Loss {
  std::string what;  // a sentence for people
  std::string key;   // a word for programs
  std::uint64_t count = 0;
};

}  // namespace tmbpf
