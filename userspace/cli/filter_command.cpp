// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/filter_command.h"

#include <fmt/format.h>

#include <string>

#include "userspace/cli/each_target.h"
#include "userspace/cli/standard_output.h"
#include "userspace/trace/control_socket.h"
#include "userspace/trace/recording_filters_json.h"
#include "userspace/view/human_text.h"
#include "util/error.h"

namespace tmbpf {
namespace {

std::string text_of(pid_t pid, const nlohmann::json& answer) {
  const auto lines = answer.value("lines", std::vector<std::string>());
  if (lines.empty()) {
    return fmt::format("process {}: no filter, every block is recorded\n", pid);
  }
  std::string text = fmt::format("process {}: recorded is what these leave\n", pid);
  for (const std::string& line : lines) {
    text += fmt::format("  {}\n", printable(line));
  }
  return text;
}

int ask_each(const std::vector<pid_t>& pids, const nlohmann::json& request, AnswerForm form) {
  Answers answers(form);
  const int status = for_each_target(pids, [&](pid_t pid) {
    nlohmann::json answer = ask_session(pid, request);
    const std::string text = text_of(pid, answer);
    answer.erase("lines");
    answers.add(answer, [&text] { print_piece(text); });
    return 0;
  });
  answers.finish();
  return status;
}

}  // namespace

int run_filter_add(const std::vector<pid_t>& pids, const RecordingFilters& filters,
                   AnswerForm form) {
  if (filters.empty()) {
    throw Error("no filter to add",
                "give --include, --exclude, --domain, --exclude-domain or "
                "--min-size",
                ExitStatus::usage);
  }
  return ask_each(pids, {{"command", "filter"}, {"add", to_json(filters)}}, form);
}

int run_filter_clear(const std::vector<pid_t>& pids, AnswerForm form) {
  return ask_each(pids, {{"command", "filter"}, {"clear", true}}, form);
}

int run_filter_list(const std::vector<pid_t>& pids, AnswerForm form) {
  return ask_each(pids, {{"command", "filter"}}, form);
}

}  // namespace tmbpf
