// SPDX-License-Identifier: Apache-2.0
// What the keys do, in words.
#pragma once

#include <cstddef>
#include <string>

#include "userspace/view/screen_line.h"

namespace tmbpf {

// The help page; it may be longer and wider than the screen.
ScreenLines key_help();

// The line at the bottom: as many of the most useful keys as fit.
std::string key_line(std::size_t width);

}  // namespace tmbpf
