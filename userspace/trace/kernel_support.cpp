// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/kernel_support.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "bpf/tmbpf.h"
#include "userspace/trace/target_lock.h"
#include "userspace/trace/uprobe_link.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tmbpf {
namespace {

constexpr rlim_t kProbeFiles = 2 * TMBPF_MAX_SITES + 1024;

struct Capability {
  int number;
  const char* name;
};

constexpr std::array kCapabilities{Capability{CAP_BPF, "CAP_BPF"},
                                   Capability{CAP_PERFMON, "CAP_PERFMON"},
                                   Capability{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}};

// CapEff of /proc/self/status; libcap would be a dependency for one line.
std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("CapEff:", 0) == 0) {
      return std::strtoull(line.c_str() + std::strlen("CapEff:"), nullptr, 16);
    }
  }
  return 0;
}

bool has(std::uint64_t capabilities, int number) {
  // CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON.
  const bool admin = (capabilities >> CAP_SYS_ADMIN & 1) != 0 && number != CAP_SYS_PTRACE;
  return admin || (capabilities >> number & 1) != 0;
}

SupportCheck check_capabilities() {
  const std::uint64_t capabilities = effective_capabilities();
  std::string missing;
  for (const Capability& capability : kCapabilities) {
    if (!has(capabilities, capability.number)) {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", capability.name);
    }
  }
  return {"privileges", missing.empty(), true,
          missing.empty() ? "as root, or all of CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE"
                          : fmt::format("missing {}: run with sudo; in a container, start it with "
                                        "--cap-add for each",
                                        missing)};
}

SupportCheck check_bpf() {
  const UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "tmbpf_try", 4, 8, 1, nullptr));
  const int error = errno;
  return {"bpf system call", map.valid(), true,
          map.valid() ? "maps can be created"
                      : fmt::format("a map cannot be created: {}; run as root on a kernel with "
                                    "CONFIG_BPF_SYSCALL",
                                    std::strerror(error))};
}

SupportCheck check_btf() {
  const bool there = ::access("/sys/kernel/btf/vmlinux", R_OK) == 0;
  return {"kernel type information (BTF)", there, true,
          there ? "/sys/kernel/btf/vmlinux"
                : "no /sys/kernel/btf/vmlinux: use a kernel built with CONFIG_DEBUG_INFO_BTF"};
}

SupportCheck check_loop() {
  const bool there = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, nullptr) == 1;
  return {"bpf_loop", there, true,
          there ? "bounded loops of any length" : "needs Linux 5.17 or later"};
}

SupportCheck check_run_directory() {
  SupportCheck check{"run directory", true, true, ""};
  try {
    check.detail = run_directory();
  } catch (const Error& error) {
    check.available = false;
    check.detail = fmt::format("{}: {}", error.what(), error.hint());
  }
  return check;
}

bool switched_off(std::string_view feature) {
  const char* list = std::getenv("TMBPF_WITHOUT");  // NOLINT(concurrency-mt-unsafe)
  return list != nullptr && std::string_view(list).find(feature) != std::string_view::npos;
}

void raise_limits() {
  // Before 5.11 maps are charged to this limit, and its default is too small even for root.
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
  // Without uprobe_multi every probe takes two descriptors: its perf event and its link.
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur < kProbeFiles) {
    const rlimit enough{kProbeFiles, std::max(kProbeFiles, now.rlim_max)};
    const rlimit allowed{std::min(kProbeFiles, now.rlim_max), now.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &enough) != 0) {
      ::setrlimit(RLIMIT_NOFILE, &allowed);  // the hard limit is not ours to raise
    }
  }
}

}  // namespace

KernelSupport probe_kernel() {
  raise_limits();
  KernelSupport support;
  support.checks = {check_capabilities(), check_bpf(), check_btf(), check_loop(),
                    check_run_directory()};
  support.uprobe_multi = !switched_off("uprobe_multi") && has_uprobe_multi();
  support.checks.push_back(
      {"uprobe_multi links", support.uprobe_multi, false,
       support.uprobe_multi
           ? "probes attach and detach together"
           : "Linux 6.6 or later has them; without, every probe is a perf event of its own and "
             "detaching takes up to 0.1 s for each"});
  return support;
}

void require_support(const KernelSupport& support) {
  for (const SupportCheck& check : support.checks) {
    if (check.required && !check.available) {
      throw Error(fmt::format("this system does not let tmbpf trace: {}", check.name), check.detail,
                  ExitStatus::not_permitted);
    }
  }
}

}  // namespace tmbpf
