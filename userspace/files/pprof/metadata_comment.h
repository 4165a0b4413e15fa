// SPDX-License-Identifier: Apache-2.0
// One metadatum as a comment in a pprof profile: "tmbpf:KEY=VALUE". VALUE is an integer, a number
// with
// '.' or 'e' (or inf, nan), or a text in quotes, escaped as in JSON but for its non-ASCII bytes,
// which stand as they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/model/snapshot_metadata.h"

namespace tmbpf {

std::string metadata_comment(const std::string& key, const MetadataValue& value);

// Nothing for any other comment.
std::optional<std::pair<std::string, MetadataValue>> parse_metadata_comment(std::string_view text);

}  // namespace tmbpf
