// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/manual/zsh_completion.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "userspace/cli/command_line.h"
#include "userspace/cli/manual/option_facts.h"

namespace tmbpf {
namespace {

// In single quotes, for _arguments and _describe: they read ':' and brackets.
std::string text_of(std::string_view description) {
  std::string text;
  for (const char letter : description) {
    if (letter == '\'') {
      text += "'\\''";
    } else if (std::string_view(":[]\\").find(letter) != std::string_view::npos) {
      text += {'\\', letter};
    } else {
      text += letter;
    }
  }
  return text;
}

std::string action(const OptionFacts& facts) {
  if (!facts.choices.empty()) {
    return fmt::format("({})", fmt::join(facts.choices, " "));
  }
  if (facts.value == kPidValue) {
    return "_tmbpf_pids";
  }
  if (facts.value == kFolderValue) {
    return "_files -/";
  }
  std::string pattern;
  for (const std::string& extension : extensions_of(facts)) {
    pattern += (pattern.empty() ? "" : "|") + extension;
  }
  return pattern.empty() ? " " : fmt::format("_files -g \"*({})\"", pattern);
}

// "(--other -h --help)", options that are not offered after this one.
std::string exclusions(const OptionFacts& option) {
  std::vector<std::string> names = option.excludes;
  if (!option.repeats) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names.empty() ? "*" : fmt::format("({})", fmt::join(names, " "));
}

std::string option_specs(const CLI::App& app, const char* indent) {
  std::string specs;
  for (const OptionFacts& option : options_of(app)) {
    const bool ends = option.names.back() == "--help" || option.names.back() == "--version";
    for (const std::string& name : option.names) {
      const std::string value =
          option.value.empty() ? "" : fmt::format(":{}:{}", option.value, action(option));
      specs +=
          fmt::format("{}'{}{}{}[{}]{}' \\\n", indent, ends ? "(- *)" : exclusions(option), name,
                      option.value.empty() ? "" : "=", text_of(option.description), value);
    }
  }
  return specs;
}

std::string operand_specs(const CLI::App& app) {
  std::string specs;
  for (const OptionFacts& operand : operands_of(app)) {
    const int shown = operand.most == kUnlimited ? 0 : operand.most;
    for (int i = 1; i <= shown; ++i) {
      specs +=
          fmt::format("        '{}:{}:{}' \\\n", i, text_of(operand.description), action(operand));
    }
    if (shown == 0) {
      specs += fmt::format("        '*:{}:{}' \\\n", text_of(operand.description), action(operand));
    }
  }
  return specs;
}

constexpr const char* kPids =
    R"(# Processes, those of Python when there are any; zsh's own _pids knows only those of the terminal.
_tmbpf_pids() {
  local folder name
  local -a python other
  for folder in /proc/<1->(N/); do
    { read -r name <$folder/comm } 2>/dev/null || continue
    if [[ $name == *python* ]]; then python+=("${folder:t}:$name"); else other+=("${folder:t}:$name"); fi
  done
  (( $#python )) || python=($other)
  _describe -t processes process python
}

)";

constexpr const char* kHead = R"(
  local context state state_descr line
  local -A opt_args
  local -i dashes=${words[(i)--]}
  if (( dashes < CURRENT )); then # a program and its arguments
    shift $dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
)";

}  // namespace

std::string zsh_completion(const CLI::App& root) {
  const std::string& name = root.get_name();
  std::string script = fmt::format(
      "#compdef {0}\n# Made from the command line's own text.\n\n{1}_{0}() {{", name, kPids);
  script += kHead;
  script += "  local -a commands=(\n";
  for (const CLI::App* command : commands_of(root)) {
    script +=
        fmt::format("    '{}:{}'\n", command->get_name(), text_of(command->get_description()));
  }
  script += "  )\n  _arguments -C \\\n" + option_specs(root, "    ");
  script += "    '1: :->command' '*:: :->rest' && return\n  case $state in\n";
  script += fmt::format("    command) _describe -t commands '{} command' commands ;;\n", name);
  script += "    rest) case $line[1] in\n";
  for (const CLI::App* command : commands_of(root)) {
    script +=
        fmt::format("      {}) _arguments \\\n{}{}        && return ;;\n", command->get_name(),
                    option_specs(*command, "        "), operand_specs(*command));
  }
  return script + fmt::format("    esac ;;\n  esac\n}}\n\n_{} \"$@\"\n", name);
}

}  // namespace tmbpf
