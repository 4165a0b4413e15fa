// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/process_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tmbpf {
namespace {

constexpr std::size_t kRangesAtOnce = 512;  // at most IOV_MAX

std::size_t whole_ranges(std::span<const MemoryRange> ranges, std::size_t bytes) {
  std::size_t whole = 0;
  for (; whole < ranges.size() && bytes >= ranges[whole].size; ++whole) {
    bytes -= ranges[whole].size;
  }
  return whole;
}

}  // namespace

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

std::size_t ProcessMemory::read_ranges(std::span<const MemoryRange> ranges,
                                       std::span<std::byte> to) const {
  std::array<iovec, kRangesAtOnce> remote;
  std::size_t done = 0;
  while (done < ranges.size()) {
    const auto batch = ranges.subspan(done, std::min(ranges.size() - done, kRangesAtOnce));
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's interface takes it as a pointer
      remote[i] = {reinterpret_cast<void*>(batch[i].address), batch[i].size};
      wanted += batch[i].size;
    }
    const iovec local{to.data(), wanted};
    const ssize_t got = ::process_vm_readv(pid_, &local, 1, remote.data(), batch.size(), 0);
    const std::size_t whole = got >= 0 ? whole_ranges(batch, static_cast<std::size_t>(got))
                                       : read_one_by_one(batch, to, errno);
    done += whole;
    if (whole < batch.size()) {
      break;
    }
    to = to.subspan(wanted);
  }
  return done;
}

std::size_t ProcessMemory::read_one_by_one(std::span<const MemoryRange> ranges,
                                           std::span<std::byte> to, int error) const {
  if (error != EPERM && error != ENOSYS) {
    return 0;
  }
  std::size_t whole = 0;
  for (const MemoryRange& range : ranges) {
    if (!read_mem_file(range.address, to.first(range.size))) {
      break;
    }
    to = to.subspan(range.size);
    ++whole;
  }
  return whole;
}

bool ProcessMemory::read_mem_file(std::uint64_t address, std::span<std::byte> to) const {
  if (!mem_.valid()) {
    mem_.reset(::open(fmt::format("/proc/{}/mem", pid_).c_str(), O_RDONLY | O_CLOEXEC));
  }
  return mem_.valid() && ::pread(mem_.get(), to.data(), to.size(), static_cast<off_t>(address)) ==
                             static_cast<ssize_t>(to.size());
}

}  // namespace tmbpf
