// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/memory_room.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <sstream>

#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kForTheTarget = 256 << 10;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// "max" is no number.
std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

std::uint64_t page_cache_of(const std::filesystem::path& cgroup) {
  std::ifstream file(cgroup / "memory.stat");
  std::uint64_t sum = 0;
  std::uint64_t bytes = 0;
  for (std::string key; file >> key >> bytes;) {
    if (key == "inactive_file" || key == "active_file") {
      sum += bytes;
    }
  }
  return sum;
}

std::uint64_t room_in(const std::filesystem::path& cgroup) {
  const auto limit = number_in(cgroup / "memory.max");
  const auto current = number_in(cgroup / "memory.current");
  if (!limit || !current) {
    return kNoLimit;
  }
  const std::uint64_t used = *current - std::min(*current, page_cache_of(cgroup));
  return *limit - std::min(*limit, used);
}

// Where cgroup v2 is mounted; "" when it is not.
std::filesystem::path mount_point() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string place;
    std::string kind;
    if (words >> device >> place >> kind && kind == "cgroup2") {
      return place;
    }
  }
  return {};
}

// Below the mount point: "system.slice/shop.service".
std::filesystem::path cgroup_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cgroup", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) {
      return line.substr(4);
    }
  }
  return {};
}

struct MemoryRoom {
  std::uint64_t bytes;  // may still be charged before the kernel kills
  std::string cgroup;   // the one with the least room
};

MemoryRoom memory_room_of(pid_t pid) {
  MemoryRoom least{.bytes = kNoLimit, .cgroup = ""};
  std::filesystem::path cgroup = mount_point();
  for (const auto& part : cgroup.empty() ? std::filesystem::path() : cgroup_of(pid)) {
    cgroup /= part;
    if (const std::uint64_t room = room_in(cgroup); room < least.bytes) {
      least = {.bytes = room, .cgroup = cgroup};
    }
  }
  return least;
}

std::uint64_t memory_for_probes(const ProbePlan& plan) {
  std::set<std::uint64_t> pages;
  for (const ProbeSite& site : plan.sites) {
    pages.insert(site.file_offset / kPage);
  }
  return pages.size() * kPage + kForTheTarget;
}

std::string text_of(std::uint64_t bytes) { return format_size(static_cast<double>(bytes)); }

}  // namespace

std::string memory_shortage(const PythonTarget& target) {
  const MemoryRoom room = memory_room_of(target.identity.pid);
  const std::uint64_t needed = memory_for_probes(target.plan);
  return room.bytes >= needed ? ""
                              : fmt::format("{} are left of memory.max of {}, the probes need {}",
                                            text_of(room.bytes), room.cgroup, text_of(needed));
}

void require_memory_room(const PythonTarget& target) {
  if (const std::string shortage = memory_shortage(target); !shortage.empty()) {
    throw Error(fmt::format("process {} has too little memory for the probes, the kernel might "
                            "kill it: {}",
                            target.identity.pid, shortage),
                "raise the limit", ExitStatus::target);
  }
}

}  // namespace tmbpf
