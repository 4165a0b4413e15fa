// SPDX-License-Identifier: Apache-2.0
// Somebody's program: traces a running Python; each time Enter is pressed, shows by line what came
// since the last time and is still there.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>

#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"
#include "userspace/trace/tracer.h"
#include "util/error.h"

namespace {

// Whether it was pressed; false when the target is gone, or at the end of the input.
bool wait_for_enter(tmbpf::Tracer& tracer) {
  std::array<pollfd, 2> fds{{{STDIN_FILENO, POLLIN, 0}, {tracer.news_fd(), POLLIN, 0}}};
  while (tracer.poll() == tmbpf::TargetState::running) {
    ::poll(fds.data(), fds.size(), 1000);
    if (fds[0].revents != 0) {
      char key = 0;
      return ::read(STDIN_FILENO, &key, 1) == 1;
    }
  }
  return false;
}

void show_totals(tmbpf::Tracer& tracer) {
  const tmbpf::TraceStatus status = tracer.status();
  std::cout << status.traced_current << " B in " << status.traces << " blocks, peak "
            << status.traced_peak << " B, frames " << status.frames << std::endl;
}

void show_lines(const tmbpf::Snapshot& snapshot) {
  for (const auto& line : tmbpf::statistics(snapshot, tmbpf::KeyType::lineno)) {
    std::cout << tmbpf::to_string(line.key.frame, snapshot.table()) << ": " << line.size << " B in "
              << line.count << " blocks\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const pid_t pid = argc > 1 ? std::atoi(argv[1]) : 0;
    tmbpf::Tracer tracer(pid, {.frames = 5});  // tracemalloc.start(5)
    show_totals(tracer);
    while (wait_for_enter(tracer)) {
      show_lines(tracer.snapshot());
      show_totals(tracer);
      tracer.reset_peak();
      show_totals(tracer);
      const tmbpf::TakenTraces forgotten = tracer.clear();
      std::cout << "forgotten: " << forgotten.bytes << " B in " << forgotten.blocks << " blocks\n";
      show_totals(tracer);
    }
    tracer.detach();  // tracemalloc.stop(); what was recorded can still be asked for
    show_totals(tracer);
  } catch (const tmbpf::Error& error) {
    std::cerr << error.what() << "\n" << error.hint() << "\n";
    return static_cast<int>(error.status());
  }
}
