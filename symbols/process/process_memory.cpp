// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/process_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace tmbpf {

bool ProcessMemory::read(std::uint64_t address, std::span<std::byte> to) const {
  if (to.empty()) {
    return true;
  }
  const iovec local{to.data(), to.size()};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's interface takes it as a pointer
  const iovec remote{reinterpret_cast<void*>(address), to.size()};
  const ssize_t got = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  if (got == static_cast<ssize_t>(to.size())) {
    return true;
  }
  if (got < 0 && (errno == EPERM || errno == ENOSYS)) {
    return read_mem_file(address, to);
  }
  return false;
}

bool ProcessMemory::read_mem_file(std::uint64_t address, std::span<std::byte> to) const {
  if (!mem_.valid()) {
    mem_.reset(::open(fmt::format("/proc/{}/mem", pid_).c_str(), O_RDONLY | O_CLOEXEC));
  }
  return mem_.valid() && ::pread(mem_.get(), to.data(), to.size(), static_cast<off_t>(address)) ==
                             static_cast<ssize_t>(to.size());
}

}  // namespace tmbpf
