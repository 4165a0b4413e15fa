// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/object_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "userspace/cli/address.h"
#include "userspace/cli/standard_output.h"
#include "userspace/files/source_files.h"
#include "userspace/model/printed_form.h"
#include "userspace/trace/control_socket.h"
#include "userspace/view/human_text.h"
#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::string domain_text(std::uint32_t domain) {
  return domain == 0 ? "" : fmt::format(" of tracemalloc domain {}", domain);
}

void print_frames(const nlohmann::json& frames, pid_t pid) {
  TracebackTable table;
  std::vector<Frame> oldest_first;
  for (const auto& frame : frames) {
    oldest_first.push_back({.filename = table.add_string(frame.at(0).get<std::string>()),
                            .lineno = frame.at(1).get<std::uint32_t>(),
                            .function = table.add_string(frame.at(2).get<std::string>())});
  }
  SourceFiles sources(fmt::format("/proc/{}/root", pid));
  const auto source = [&sources](std::string_view filename, std::uint32_t lineno) {
    return sources.line(filename, lineno);
  };
  for (const std::string& line : format_frames(oldest_first, table, source)) {
    print_piece(printable(line) + '\n');
  }
}

}  // namespace

int run_object(pid_t pid, const std::string& address, bool json) {
  const std::uint64_t number = parse_address(address);
  const nlohmann::json found = ask_session(pid, {{"command", "object"}, {"address", number}});
  if (json) {
    print_piece(found.dump(2) + '\n');
    return found.is_null() ? static_cast<int>(ExitStatus::failed) : 0;
  }
  if (found.is_null()) {
    throw Error(
        fmt::format("no traced block of process {} holds {:#x}", pid, number),
        "It was allocated before the session began, or is free by now, or, in mode sampled, no "
        "window saw it, or Python's allocators know nothing of it (id() of a constant, of a type "
        "of the interpreter).");
  }
  print_piece(fmt::format("{:#x}: block of {}{} at {:#x}, allocated at\n", number,
                          format_size(found.value("size", 0.0)),
                          domain_text(found.value("domain", 0U)),
                          found.value("address", std::uint64_t{0})));
  const auto& frames = found.at("traceback");
  print_frames(frames, pid);
  const auto total = found.value("total_nframe", std::size_t{0});
  if (total > frames.size()) {
    print_piece(fmt::format("  ({} older frames: `tmbpf start --frames` keeps more)\n",
                            total - frames.size()));
  }
  return 0;
}

}  // namespace tmbpf
