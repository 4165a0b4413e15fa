// SPDX-License-Identifier: Apache-2.0
// What commands print.
#pragma once

#include <string_view>

namespace tmbpf {

// Whoever reads it has gone: the command ends quietly.
class ClosedPipe {};

// To the standard output, buffered. Throws ClosedPipe, or Error when it cannot be written.
void print_piece(std::string_view text);

}  // namespace tmbpf
