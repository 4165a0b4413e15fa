// SPDX-License-Identifier: Apache-2.0
// Input: a struct tmbpf_text, from its front on. The text must end as valid in the table of names.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "symbols/python/code_object.h"
#include "userspace/model/wtf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tmbpf_text text{};
  std::memcpy(&text, data, std::min(size, sizeof(text)));
  const std::string decoded = tmbpf::decode_text(text);
  if (!tmbpf::is_wtf8(tmbpf::to_wtf8(decoded))) {
    std::abort();
  }
  return 0;
}
