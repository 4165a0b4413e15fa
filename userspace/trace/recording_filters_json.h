// SPDX-License-Identifier: Apache-2.0
// Recording filters as one tmbpf tells them another.
#pragma once

#include <nlohmann/json.hpp>

#include "userspace/trace/recording_filters.h"

namespace tmbpf {

// {"filters": [{"inclusive": true, "filename_pattern": "*.py", "lineno": 1, "all_frames": false,
// "domain": 0}], "min_size": 0}; what a filter does not have is left out, and a DomainFilter has no
// pattern.
nlohmann::json to_json(const RecordingFilters& filters);
// Throws Error when it is not of that form.
RecordingFilters recording_filters(const nlohmann::json& json);

}  // namespace tmbpf
