// SPDX-License-Identifier: Apache-2.0
// What this kernel and these privileges allow, found by trying, each with its reason.
#pragma once

#include <string>
#include <vector>

namespace tmbpf {

struct SupportCheck {
  std::string name;
  bool available = false;
  bool required = false;  // without it nothing can be traced
  std::string detail;     // what is lost without it, or what to do
};

struct KernelSupport {
  bool uprobe_multi = false;
  std::vector<SupportCheck> checks;
};

// TMBPF_WITHOUT=uprobe_multi in the environment switches that feature off, so that its fallback can
// be used and tested on a newer kernel.
KernelSupport probe_kernel();

// Throws Error (not_permitted) naming the first required thing that is missing and its remedy.
void require_support(const KernelSupport& support);

}  // namespace tmbpf
