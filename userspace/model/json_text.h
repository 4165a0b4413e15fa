// SPDX-License-Identifier: Apache-2.0
// WTF-8 texts and metadata as JSON.
#pragma once

#include <string>
#include <string_view>

#include "userspace/model/snapshot_metadata.h"

namespace tmbpf {

// In quotes. What JSON must escape, and lone surrogates as "\udc80", which Python's json reads
// back.
std::string json_string(std::string_view text);

// A number or string; what is no finite number is the string Python prints ("inf", "nan").
std::string json_value(const MetadataValue& value);

// An object.
std::string json_object(const Metadata& metadata);

}  // namespace tmbpf
