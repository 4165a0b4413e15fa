// SPDX-License-Identifier: Apache-2.0
// A process's memory over time, as small graphs of text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace tmbpf {

class MemoryHistory {
 public:
  // At Unix seconds, in bytes; `resident` 0: not known, the process has ended. The oldest go when
  // there are more than a wide terminal could show.
  void add(double time, std::uint64_t traced, std::uint64_t resident);

  // One line for what is traced and one for the RSS, without their newlines, the newest moment on
  // the right; each from its least to its greatest value. Nothing when no sample is there.
  //
  //   traced ▁▂▃▄▅▆▇█  10.2 MiB .. 11.8 MiB
  //   RSS    ▁▁▁▁▅▅▅▅  84.9 MiB .. 85.2 MiB  in 8 s
  [[nodiscard]] std::vector<std::string> lines(std::size_t width, bool utf8) const;

 private:
  struct Sample {
    double time;
    std::uint64_t traced;
    std::uint64_t resident;
  };

  std::deque<Sample> samples_;
};

}  // namespace tmbpf
