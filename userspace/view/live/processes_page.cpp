// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/processes_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::string line_of(const std::string& pid, const std::string& traced, const std::string& resident,
                    const std::string& state, const std::string& command) {
  return fmt::format("{}  {}  {}  {}  {}", pad_left(pid, 7), pad_left(traced, 9),
                     pad_left(resident, 9), pad_right(state, 8), command);
}

}  // namespace

ScreenLines ProcessesPage::lines(const std::vector<LiveProcess>& processes, std::size_t width,
                                 std::size_t height) {
  const std::size_t rows = height > 0 ? height - 1 : 0;
  cursor_.fit(processes.size(), rows);
  ScreenLines lines{{line_of("PID", "Traced", "RSS", "State", "Command"), LineStyle::strong}};
  const std::size_t end = std::min(processes.size(), cursor_.first() + rows);
  for (std::size_t i = cursor_.first(); i < end; ++i) {
    const LiveProcess& process = processes[i];
    lines.push_back(
        {line_of(fmt::to_string(process.pid), format_size(static_cast<double>(process.traced)),
                 process.resident == 0 ? "-" : format_size(static_cast<double>(process.resident)),
                 process.state, printable(process.command)),
         i == cursor_.selected() ? LineStyle::selected : LineStyle::plain});
  }
  for (ScreenLine& line : lines) {
    line.text = shorten_right(line.text, width);
  }
  lines.resize(std::min(lines.size(), height));
  return lines;
}

}  // namespace tmbpf
