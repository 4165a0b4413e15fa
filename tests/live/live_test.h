// SPDX-License-Identifier: Apache-2.0
// What the live tests share: real BPF on real Pythons, as root.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "symbols/process/process_identity.h"
#include "symbols/python_target.h"
#include "tests/support/python_interpreters.h"
#include "tests/support/python_name.h"
#include "userspace/trace/tracer.h"

namespace tmbpf {

// Skips without root, saying so; with TMBPF_REQUIRE_ROOT=1 (which CI sets) that is a failure.
inline void require_root() {
  if (::geteuid() == 0) {
    return;
  }
  const char* required = std::getenv("TMBPF_REQUIRE_ROOT");
  if (required != nullptr && std::string(required) == "1") {
    FAIL() << "the live tests need root";
  }
  GTEST_SKIP() << "needs root to load BPF programs; TMBPF_REQUIRE_ROOT=1 makes this a failure";
}

class LiveTest : public testing::TestWithParam<PythonInterpreter> {
 protected:
  void SetUp() override { require_root(); }
};

// Returns when the process sleeps in a system call, so that its memory no longer changes.
inline void wait_until_blocked(pid_t pid) {
  for (int quiet = 0, i = 0; quiet < 5 && i < 2000; ++i) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(stat), {});
    const std::size_t close = text.rfind(')');
    const bool sleeps = close != std::string::npos && text.substr(close + 2, 1) == "S";
    quiet = sleeps ? quiet + 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace tmbpf
