// SPDX-License-Identifier: Apache-2.0
// Python's repr() of a str.
#pragma once

#include <string>
#include <string_view>

namespace tmbpf {

// 'it' in single quotes, "it's" in double ones; what is not printable escaped (Objects/
// unicodeobject.c, unicode_repr). `text` is WTF-8. Which characters are printable depends on the
// version of Unicode: ours is libunistring's, 14.0 as Python 3.11's.
std::string python_repr(std::string_view text);

}  // namespace tmbpf
