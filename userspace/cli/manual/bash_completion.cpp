// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/manual/bash_completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "userspace/cli/command_line.h"
#include "userspace/cli/manual/option_facts.h"

namespace tmbpf {
namespace {

// bash takes "--option=value" apart at the "=": both forms come here as option and value.
constexpr const char* kScript =
    R"(# bash completion for @NAME@, made from its command line's own text
# shellcheck shell=bash

_@NAME@_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

# Processes, those of Python when there are any.
_@NAME@_pids() {
  local folder name python=() other=()
  for folder in /proc/[0-9]*; do
    { read -r name <"$folder/comm"; } 2>/dev/null || continue
    if [[ $name == *python* ]]; then python+=("${folder#/proc/}"); else other+=("${folder#/proc/}"); fi
  done
  [[ ${#python[@]} -gt 0 ]] || python=("${other[@]}")
  _@NAME@_words "${python[*]}"
}

# Folders, and files with one of the extensions; without any, all files.
_@NAME@_files() {
  local file extension
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$word")
  while read -r file; do
    for extension in "$@"; do
      [[ $file != *"$extension" ]] || COMPREPLY+=("$file")
    done
  done < <(compgen -f -- "$word")
  [[ $# -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

_@NAME@() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} command="" skip=no i
  COMPREPLY=()
  if [[ $word == = ]]; then
    word=""
  elif [[ $option == = && $COMP_CWORD -ge 2 ]]; then
    option=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ $skip == yes && ${COMP_WORDS[i]} != = ]]; then
      skip=no
      continue
    fi
    case ${COMP_WORDS[i]} in
      --)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -c -- "$word"; compgen -f -- "$word")
        return
        ;;
@COMMAND_CASE@
@SKIP_CASE@
    esac
  done
  case $command,$option in
@VALUE_CASES@
  esac
  if [[ $word == -* ]]; then
    case $command in
@OPTION_CASES@
    esac
    return
  fi
  case $command in
@OPERAND_CASES@
  esac
}

complete -F _@NAME@ @NAME@
)";

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

std::string join(const std::vector<std::string>& words, const char* separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::string quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += fmt::format(" '{}'", word);
  }
  return text;
}

// What offers the values; those that the shell cannot know get nothing.
std::string action(const OptionFacts& facts) {
  if (!facts.choices.empty()) {
    return fmt::format("_@NAME@_words '{}'", join(facts.choices, " "));
  }
  if (facts.value == kPidValue) {
    return "_@NAME@_pids";
  }
  if (facts.value == kFolderValue) {
    return "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
  }
  const std::vector<std::string> extensions = extensions_of(facts);
  return extensions.empty() ? ":" : "_@NAME@_files" + quoted(extensions);
}

class Cases {
 public:
  // Of the root when `command` is empty.
  void add(const std::string& command, const CLI::App& app) {
    std::vector<std::string> names;
    for (const OptionFacts& option : options_of(app)) {
      names.insert(names.end(), option.names.begin(), option.names.end());
      for (const std::string& name : option.names) {
        if (!option.value.empty()) {
          values_ += fmt::format("    '{},{}') {}; return ;;\n", command, name, action(option));
          with_value_.push_back(name);
        }
      }
    }
    options_ += fmt::format("      '{}') _@NAME@_words '{}' ;;\n", command, join(names, " "));
    for (const OptionFacts& operand : operands_of(app)) {
      operands_ += fmt::format("    '{}') {} ;;\n", command, action(operand));
    }
  }

  void put_into(std::string& script) const {
    replace(script, "@VALUE_CASES@\n", values_);
    replace(script, "@OPTION_CASES@\n", options_);
    replace(script, "@OPERAND_CASES@\n", operands_);
    std::vector<std::string> names = with_value_;
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    replace(script, "@SKIP_CASE@", fmt::format("      {}) skip=yes ;;", join(names, " | ")));
  }

  void offer_commands(const std::vector<std::string>& names) {
    operands_ += fmt::format("    '') _@NAME@_words '{}' ;;\n", join(names, " "));
  }

 private:
  std::string values_;
  std::string options_;
  std::string operands_;
  std::vector<std::string> with_value_;
};

}  // namespace

std::string bash_completion(const CLI::App& root) {
  Cases cases;
  cases.add("", root);
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(root)) {
    cases.add(command->get_name(), *command);
    names.push_back(command->get_name());
  }
  cases.offer_commands(names);
  std::string script = kScript;
  cases.put_into(script);
  replace(script, "@COMMAND_CASE@",
          fmt::format("      {}) command=${{command:-${{COMP_WORDS[i]}}}} ;;", join(names, " | ")));
  replace(script, "@NAME@", root.get_name());
  return script;
}

}  // namespace tmbpf
