// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/running_programs.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace tmbpf {

void wait_for_programs() {
  if (::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a kernel with nohz_full
  }
}

}  // namespace tmbpf
