// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/check_command.h"

#include <fmt/format.h>

#include "symbols/python_target.h"
#include "userspace/cli/each_target.h"
#include "userspace/trace/kernel_support.h"
#include "userspace/trace/memory_room.h"
#include "userspace/view/human_text.h"
#include "util/error.h"

namespace tmbpf {
namespace {

void print_line(const char* mark, const std::string& name, const std::string& detail) {
  fmt::print("  {:<4} {}: {}\n", mark, name, detail);
}

bool check_system() {
  bool works = true;
  fmt::print("this system\n");
  for (const SupportCheck& check : probe_kernel().checks) {
    print_line(check.available ? "ok" : check.required ? "FAIL" : "no", check.name, check.detail);
    works = works && (check.available || !check.required);
  }
  return works;
}

std::string describe_counts(const PlanCounts& counts) {
  const auto kinds = [](const std::size_t(&sites)[2]) {
    return fmt::format("{}/{}", sites[0], sites[1]);
  };
  return fmt::format(
      "malloc {}, calloc {}, realloc {}, free {} inlined (pymalloc/raw), {} entries, "
      "{} results, {} return probes, {} new references",
      kinds(counts.malloc_sites), kinds(counts.calloc_sites), kinds(counts.realloc_sites),
      kinds(counts.free_sites), counts.entries, counts.results, counts.returns, counts.owners);
}

// What of a process can be traced.
enum class Verdict { all, without_free_lists, nothing };

bool print_checks(const std::vector<PlanCheck>& checks) {
  bool passed = true;
  for (const PlanCheck& check : checks) {
    print_line(check.passed ? "ok" : "FAIL", check.name, check.detail);
    passed = passed && check.passed;
  }
  return passed;
}

Verdict check_target(pid_t pid) {
  const PythonTarget target = open_python_target(pid);
  fmt::print("process {} ({})\n", pid, printable(target.identity.command));
  print_line("ok", "interpreter",
             fmt::format("CPython {} in {}", target.version.text(), printable(target.image_path)));
  print_line("ok", "probe plan",
             fmt::format("{} sites in {:.2f} s: {}", target.plan.sites.size(),
                         target.planning_seconds, describe_counts(target.plan.counts)));
  const bool allocations = print_checks(target.plan.checks);
  const bool free_lists = print_checks(target.free_list_checks);
  const std::string untraced = untraced_allocator(target);
  print_line(untraced.empty() ? "ok" : "FAIL", "allocator",
             untraced.empty() ? "CPython's default one" : "not traced: " + printable(untraced));
  const std::string shortage = memory_shortage(target);
  print_line(shortage.empty() ? "ok" : "FAIL", "memory for the probes",
             shortage.empty() ? "within the limit of its cgroup" : printable(shortage));
  if (!allocations || !untraced.empty() || !shortage.empty()) {
    return Verdict::nothing;
  }
  return free_lists ? Verdict::all : Verdict::without_free_lists;
}

const char* words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::all:
      return "tracing would work";
    case Verdict::without_free_lists:
      return "tracing would work with --no-freelists";
    case Verdict::nothing:
      break;
  }
  return "tracing would not work";
}

}  // namespace

int run_check(const std::vector<pid_t>& pids) {
  const bool system_works = check_system();
  const auto conclude = [system_works](Verdict verdict) {
    fmt::print("{}\n", words_of(system_works ? verdict : Verdict::nothing));
    return static_cast<int>(verdict == Verdict::all ? ExitStatus::done : ExitStatus::target);
  };
  const int status =
      pids.empty() ? conclude(Verdict::all)
                   : for_each_target(pids, [&](pid_t pid) { return conclude(check_target(pid)); });
  return system_works ? status : static_cast<int>(ExitStatus::not_permitted);
}

}  // namespace tmbpf
