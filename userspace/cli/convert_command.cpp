// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/convert_command.h"

#include <fmt/format.h>

#include <memory>

#include "userspace/cli/file_progress.h"
#include "userspace/cli/standard_output.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/view/human_text.h"

namespace tmbpf {
namespace {

PickleForm form_of(const std::string& compat) {
  if (compat == "3.4") {
    return PickleForm::python_3_4;
  }
  return compat == "3.6" ? PickleForm::python_3_6 : PickleForm::python_3_9;
}

}  // namespace

int run_convert(const std::string& from, const std::string& to,
                const std::vector<TraceFilter>& filters, const std::string& pickle_compat) {
  check_output_path(to);
  FileProgress progress(from);
  Snapshot snapshot = read_snapshot(from, std::make_shared<TracebackTable>(), progress.reporter());
  progress.clear();
  if (!filters.empty()) {
    snapshot = filter_traces(snapshot, filters);
  }
  write_snapshot(snapshot, to, form_of(pickle_compat));
  print_piece(fmt::format("{}: {} traces\n", printable(to), snapshot.traces().size()));
  return 0;
}

}  // namespace tmbpf
