// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/name_pattern.h"

#include <algorithm>
#include <utility>

#include "userspace/view/human_text.h"
#include "util/error.h"

namespace tmbpf {

NamePattern::NamePattern(std::string text)
    : text_(std::move(text)),
      pattern_(text_),
      whole_(text_.find_first_of(" *") != std::string::npos) {
  if (text_.empty()) {
    throw Error("--name needs a pattern", "`tmbpf ps` shows the names", ExitStatus::usage);
  }
}

bool NamePattern::matches(const PythonCommand& command) const {
  return (whole_ && pattern_.matches(printable(command.text))) ||
         std::ranges::any_of(command_names(command), [this](const std::string& name) {
           return pattern_.matches(printable(name));
         });
}

}  // namespace tmbpf
