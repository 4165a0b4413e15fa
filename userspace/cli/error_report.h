// SPDX-License-Identifier: Apache-2.0
// How a failed command is told.
#pragma once

#include "util/error.h"

namespace tmbpf {

// To the standard error, safe for a terminal: the message, then each line of the hint.
void report_error(const Error& error);

}  // namespace tmbpf
