// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/bpf_skeleton.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "tmbpf.skel.h"
#include "userspace/trace/sampling/window_probes.h"
#include "userspace/trace/uprobe_link.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

constexpr std::size_t kLogTail = 600;  // characters of the verifier's log that a message quotes

constexpr std::uint32_t kLeastHashed = 1U << 16U;  // entries
constexpr std::uint32_t kLeastStacks = 1U << 17U;  // entries
constexpr std::uint32_t kMostStacks = 1U << 19U;
constexpr std::uint32_t kLeastCodes = 1U << 16U;
constexpr std::uint32_t kMostCodes = 1U << 18U;
constexpr std::uint32_t kSampledShare = 8;
constexpr std::uint32_t kSmallTraces = 1U << 20U;  // fewer get the small ring buffer
constexpr std::uint32_t kSmallRing = 4U << 20U;    // bytes
constexpr std::uint32_t kLargeRing = 16U << 20U;

// libbpf has one print callback for the process; this keeps the end of what it says while loading.
std::string& loading_log() {
  thread_local std::string log;
  return log;
}

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) {
    return 0;
  }
  std::vector<char> text(1 << 16);
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  loading_log() += text.data();
  return length;
}

[[noreturn]] void throw_load_error(int error) {
  const std::string& log = loading_log();
  const bool refused = error == EPERM || error == EACCES;
  log_debug(log);
  throw Error(fmt::format("the kernel did not load the BPF programs: {}{}{}", std::strerror(error),
                          log.empty() ? "" : "\n",
                          log.size() > kLogTail ? log.substr(log.size() - kLogTail) : log),
              refused ? "run as root, or grant CAP_BPF and CAP_PERFMON; `tmbpf check` says more"
                      : "see `tmbpf check`; if it finds nothing, please report this message",
              refused && log.find("verifier") == std::string::npos ? ExitStatus::not_permitted
                                                                   : ExitStatus::failed);
}

void set_attach_types(tmbpf_bpf& skeleton) {
  for (bpf_program* program :
       {skeleton.progs.allocate_enter, skeleton.progs.release_enter, skeleton.progs.allocate_exit,
        skeleton.progs.owner_enter, skeleton.progs.finalize_enter, skeleton.progs.nothing_enter}) {
    bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(kTraceUprobeMulti));
  }
}

bool has_pymalloc(const ProbePlan& plan) {
  return std::ranges::any_of(
      plan.sites, [](const ProbeSite& site) { return site.site.allocator == TMBPF_PYMALLOC; });
}

// Of the traces, those that are not in chunks: even an empty bucket costs 16 bytes.
std::uint32_t hash_share(std::uint32_t traces) {
  return std::max(traces / 8, std::min(traces, kLeastHashed));
}

// What the empty maps cost goes with the limit of traces: whoever keeps few blocks meets few
// stacks, and so do windows.
void resize_maps(const tmbpf_bpf& skeleton, const SkeletonSettings& settings,
                 const ProbePlan& plan) {
  const auto& maps = skeleton.maps;
  const std::uint32_t most = settings.config.max_traces;
  bpf_map__set_max_entries(maps.traces, has_pymalloc(plan) ? hash_share(most) : most);
  const std::uint32_t traces = settings.always_sampled ? most / kSampledShare : most;
  const std::uint32_t stacks = std::clamp(traces / 8, kLeastStacks, kMostStacks);
  bpf_map__set_max_entries(maps.stacks, stacks);
  bpf_map__set_max_entries(maps.stack_sums, stacks);
  bpf_map__set_max_entries(maps.codes, std::clamp(traces / 16, kLeastCodes, kMostCodes));
  bpf_map__set_max_entries(maps.code_contents,
                           std::clamp(traces / 64, kLeastCodes / 4, kMostCodes / 4));
  bpf_map__set_max_entries(maps.events, traces < kSmallTraces ? kSmallRing : kLargeRing);
  bpf_map__set_max_entries(maps.sites,
                           static_cast<std::uint32_t>(std::max<std::size_t>(plan.sites.size(), 1)));
  if (settings.config.follow == 0) {
    bpf_map__set_max_entries(maps.family, 1);
  }
}

void fill_sites(const tmbpf_bpf& skeleton, const ProbePlan& plan) {
  const int fd = bpf_map__fd(skeleton.maps.sites);
  for (std::uint32_t i = 0; i < plan.sites.size(); ++i) {
    tmbpf_site site = plan.sites[i].site;
    site.stratum = stratum_of(site);
    if (bpf_map_update_elem(fd, &i, &site, BPF_ANY) != 0) {
      throw Error(fmt::format("cannot fill the sites map: {}", std::strerror(errno)));
    }
  }
}

std::uint64_t memlock_of(int fd) {
  std::ifstream info(fmt::format("/proc/self/fdinfo/{}", fd));
  std::string key;
  std::uint64_t value = 0;
  std::string line;
  while (std::getline(info, line)) {
    if (line.rfind("memlock:", 0) == 0) {
      value = std::strtoull(line.c_str() + std::strlen("memlock:"), nullptr, 10);
    }
  }
  return value;
}

}  // namespace

void SkeletonDeleter::operator()(tmbpf_bpf* skeleton) const { tmbpf_bpf__destroy(skeleton); }

SkeletonPtr load_skeleton(const SkeletonSettings& settings, const ProbePlan& plan) {
  libbpf_set_print(keep_message);
  loading_log().clear();
  SkeletonPtr skeleton(tmbpf_bpf__open());
  if (!skeleton) {
    throw_load_error(errno);
  }
  std::memcpy(const_cast<tmbpf_python*>(
                  reinterpret_cast<volatile tmbpf_python*>(&skeleton->rodata->python)),
              &settings.python, sizeof(settings.python));
  std::memcpy(const_cast<tmbpf_config*>(
                  reinterpret_cast<volatile tmbpf_config*>(&skeleton->rodata->config)),
              &settings.config, sizeof(settings.config));
  resize_maps(*skeleton, settings, plan);
  skeleton->bss->method.live = settings.method == TraceMode::live ? 1 : 0;
  skeleton->bss->method.sampled = settings.method == TraceMode::sampled ? 1 : 0;
  skeleton->bss->method.counted = settings.counted ? 1 : 0;
  skeleton->rodata->config.max_stacks = bpf_map__max_entries(skeleton->maps.stack_sums);
  if (settings.uprobe_multi) {
    set_attach_types(*skeleton);
  }
  const int status = tmbpf_bpf__load(skeleton.get());
  if (status != 0) {
    throw_load_error(-status);
  }
  fill_sites(*skeleton, plan);
  return skeleton;
}

std::uint64_t map_memory(const tmbpf_bpf& skeleton) {
  std::uint64_t bytes = 0;
  const bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton.obj) { bytes += memlock_of(bpf_map__fd(map)); }
  return bytes;
}

}  // namespace tmbpf
