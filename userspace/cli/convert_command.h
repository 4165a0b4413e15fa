// SPDX-License-Identifier: Apache-2.0
// `tmbpf convert`: a snapshot in another format.
#pragma once

#include <string>
#include <vector>

#include "userspace/model/filter.h"

namespace tmbpf {

// The traces that `filters` keep. `pickle_compat`: "3.9", "3.6" or "3.4", for a .pickle. Throws
// Error.
int run_convert(const std::string& from, const std::string& to,
                const std::vector<TraceFilter>& filters, const std::string& pickle_compat);

}  // namespace tmbpf
