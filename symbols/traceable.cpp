// SPDX-License-Identifier: Apache-2.0
#include "symbols/traceable.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "util/error.h"

namespace tmbpf {
namespace {

void require_checks(const PythonTarget& target, const std::vector<PlanCheck>& checks,
                    const char* what, const std::string& hint) {
  for (const PlanCheck& check : checks) {
    if (!check.passed) {
      throw Error(fmt::format("cannot prove that {} of {} would be seen: {} ({})", what,
                              target.image_path, check.name, check.detail),
                  hint, ExitStatus::target);
    }
  }
}

}  // namespace

void require_traceable(const PythonTarget& target, bool freelists) {
  if (own_gil_interpreters(target) != 0) {
    throw Error(
        fmt::format("process {} ({}) has {}, whose memory tmbpf cannot follow yet",
                    target.identity.pid, target.identity.command, untraced_allocator(target)),
        "subinterpreters that share the main interpreter's GIL can be traced", ExitStatus::target);
  }
  const std::string replaced = replaced_allocator(target);
  if (!replaced.empty()) {
    throw Error(
        fmt::format("process {} ({}) does not use CPython's default allocator: {} took its place",
                    target.identity.pid, target.identity.command, replaced),
        "restart it without that, or look at it with what replaced the allocator",
        ExitStatus::target);
  }
  require_checks(target, target.plan.checks, "every allocation",
                 fmt::format("`tmbpf check --pid {}` lists every check; please report this build",
                             target.identity.pid));
  if (freelists) {
    require_checks(target, target.free_list_checks, "every object from a free list",
                   "--no-freelists leaves them with who allocated them; please report this build");
  }
}

}  // namespace tmbpf
