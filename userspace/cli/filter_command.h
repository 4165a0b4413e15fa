// SPDX-License-Identifier: Apache-2.0
// `tmbpf filter add | clear | list`: what sessions record from now on.
#pragma once

#include <sys/types.h>

#include <vector>

#include "userspace/cli/answers.h"
#include "userspace/trace/recording_filters.h"

namespace tmbpf {

// Each returns the exit status or throws, as for_each_target() does. A session's filters are those
// of the processes that it follows, too.
// Adds to the filters that are there. Throws Error (usage) when nothing is given.
int run_filter_add(const std::vector<pid_t>& pids, const RecordingFilters& filters,
                   AnswerForm form);
int run_filter_clear(const std::vector<pid_t>& pids, AnswerForm form);
int run_filter_list(const std::vector<pid_t>& pids, AnswerForm form);

}  // namespace tmbpf
