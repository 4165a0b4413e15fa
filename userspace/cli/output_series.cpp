// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/output_series.h"

#include <filesystem>
#include <system_error>

namespace tmbpf {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

}  // namespace

OutputSeries::OutputSeries(const OutputTemplate& names, pid_t pid)
    : names_(names), pid_(pid), continues_(names.highest_counter(pid)), counter_(continues_) {}

std::string OutputSeries::next(std::time_t now) {
  if (names_.has_counter()) {
    std::string name;
    do {
      name = names_.expand(pid_, now, ++counter_);
    } while (exists(name));  // somebody else's since
    return name;
  }
  std::string name = names_.expand(pid_, now, 0);
  for (unsigned again = 2; names_.has_timestamp() && exists(name); ++again) {
    name = names_.expand(pid_, now, 0, again);
  }
  return name;
}

}  // namespace tmbpf
