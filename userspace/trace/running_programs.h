// SPDX-License-Identifier: Apache-2.0
// The BPF programs that run right now.
#pragma once

namespace tmbpf {

// Until every one that runs now has ended: they run inside RCU's read side. Some milliseconds.
void wait_for_programs();

}  // namespace tmbpf
