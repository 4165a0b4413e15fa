// SPDX-License-Identifier: Apache-2.0
// Sizes for people, exactly as CPython's tracemalloc._format_size prints them.
#pragma once

#include <string>

namespace tmbpf {

// 10239 -> "10239 B", 10240 -> "10.0 KiB"; with sign, "+1.5 KiB" (Lib/tracemalloc.py, 3.11).
std::string format_size(double bytes, bool sign = false);

}  // namespace tmbpf
