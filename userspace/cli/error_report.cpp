// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/error_report.h"

#include <sstream>
#include <string>

#include "userspace/view/human_text.h"
#include "util/log.h"

namespace tmbpf {

void report_error(const Error& error) {
  log_error(printable(error.what()));
  std::istringstream hint(error.hint());
  for (std::string line; std::getline(hint, line);) {
    log_info("  " + printable(line));
  }
}

}  // namespace tmbpf
