// SPDX-License-Identifier: Apache-2.0
// A report as text, and the data in it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "userspace/view/report/report_writer.h"

namespace tmbpf::test {

std::string report_html(const Snapshot& snapshot, const Snapshot* old = nullptr,
                        const ReportOptions& options = {});

// What stands in the script element with the data; throws when that is not there.
std::string data_text(const std::string& html);

// Throws when it is no JSON in valid UTF-8.
nlohmann::json report_json(const Snapshot& snapshot, const Snapshot* old = nullptr,
                           const ReportOptions& options = {});

}  // namespace tmbpf::test
