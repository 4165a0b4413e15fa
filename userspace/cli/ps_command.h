// SPDX-License-Identifier: Apache-2.0
// `tmbpf ps`: the Pythons that run here.
#pragma once

namespace tmbpf {

// `json`: one object for programs,
//   {"processes": [{"pid", "version" (null: unknown), "build", "command", "arguments": [...],
//    "rss": bytes, "traceable": whether the process allows it, "obstacle": why not or "",
//    "remedy", "tracer": null or {"pid", "session": whether it answers commands}}],
//    "unreadable": how many processes may not be looked at}
// Returns the exit status: done, also when there is none.
int run_ps(bool json);

}  // namespace tmbpf
