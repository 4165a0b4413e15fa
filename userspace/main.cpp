// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include "userspace/cli/cli.h"
#include "userspace/cli/error_report.h"
#include "userspace/view/human_text.h"
#include "util/error.h"
#include "util/log.h"

int main(int argc, char** argv) {
  try {
    return tmbpf::run_cli(argc, argv);
  } catch (const tmbpf::Error& error) {
    tmbpf::report_error(error);
    return static_cast<int>(error.status());
  } catch (const std::exception& error) {
    tmbpf::log_error(tmbpf::printable(error.what()));
    return static_cast<int>(tmbpf::ExitStatus::failed);
  }
}
