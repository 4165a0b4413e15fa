// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/check_command.h"

#include <fmt/format.h>

#include "symbols/python_target.h"
#include "userspace/trace/kernel_support.h"
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

bool check_target(pid_t pid) {
  const PythonTarget target = open_python_target(pid);
  fmt::print("process {} ({})\n", pid, target.identity.command);
  print_line("ok", "interpreter",
             fmt::format("CPython {} in {}", target.version.text(), target.image_path));
  print_line("ok", "probe plan",
             fmt::format("{} sites in {:.2f} s: {}", target.plan.sites.size(),
                         target.planning_seconds, describe_counts(target.plan.counts)));
  bool works = true;
  for (const PlanCheck& check : target.plan.checks) {
    print_line(check.passed ? "ok" : "FAIL", check.name, check.detail);
    works = works && check.passed;
  }
  for (const PlanCheck& check : target.free_list_checks) {
    print_line(check.passed ? "ok" : "FAIL", check.name,
               check.detail + (check.passed ? "" : " (works with --no-freelists)"));
    works = works && check.passed;
  }
  const std::string untraced = untraced_allocator(target);
  print_line(untraced.empty() ? "ok" : "FAIL", "allocator",
             untraced.empty() ? "CPython's default one" : "not traced: " + untraced);
  return works && untraced.empty();
}

}  // namespace

int run_check(pid_t pid) {
  const bool system_works = check_system();
  const bool target_works = pid == 0 || check_target(pid);
  fmt::print("{}\n",
             system_works && target_works ? "tracing would work" : "tracing would not work");
  if (!system_works) {
    return static_cast<int>(ExitStatus::not_permitted);
  }
  return static_cast<int>(target_works ? ExitStatus::done : ExitStatus::target);
}

}  // namespace tmbpf
