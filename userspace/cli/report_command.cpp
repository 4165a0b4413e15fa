// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/report_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "userspace/cli/file_progress.h"
#include "userspace/cli/standard_output.h"
#include "userspace/files/output_file.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/files/source_files.h"
#include "userspace/view/human_text.h"
#include "userspace/view/report/report_writer.h"
#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

Snapshot open(const std::string& path, const std::shared_ptr<TracebackTable>& table,
              const std::vector<TraceFilter>& filters) {
  FileProgress progress(path);
  Snapshot snapshot = read_snapshot(path, table, progress.reporter());
  progress.clear();
  return filters.empty() ? std::move(snapshot) : filter_traces(snapshot, filters);
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

int run_report(const std::vector<std::string>& files, const std::vector<TraceFilter>& filters,
               const std::string& source_root) {
  const std::string& output = files.back();
  if (!output.ends_with(".html")) {
    throw Error(fmt::format("cannot write {}: a report is an .html file", output),
                "Give the name of the page last: tmbpf report FILE OUT.html.", ExitStatus::usage);
  }
  check_replaceable(output);
  const auto table = std::make_shared<TracebackTable>();
  const bool compares = files.size() == 3;
  const std::optional<Snapshot> old =
      compares ? std::optional(open(files[0], table, filters)) : std::nullopt;
  const Snapshot snapshot = open(files[compares ? 1 : 0], table, filters);
  SourceFiles sources(source_root);
  ReportOptions options;
  options.name = file_name(files[compares ? 1 : 0]);
  options.old_name = compares ? file_name(files[0]) : "";
  options.title =
      compares ? fmt::format("{} compared to {}", options.name, options.old_name) : options.name;
  options.source = [&sources](std::string_view filename, std::uint32_t lineno) {
    return sources.line(filename, lineno);
  };
  OutputFile file(output);
  std::uint64_t size = 0;
  write_report(snapshot, old ? &*old : nullptr, options, [&](std::string_view piece) {
    file.sink().write(piece);
    size += piece.size();
  });
  file.commit();
  print_piece(fmt::format("{}: {}\n", printable(output), format_size(static_cast<double>(size))));
  return 0;
}

}  // namespace tmbpf
