// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/manual/option_facts.h"

#include <algorithm>
#include <string_view>

#include "userspace/cli/command_line.h"
#include "userspace/files/snapshot_file.h"

namespace tmbpf {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// What stands between the two, or nothing.
std::string between(const std::string& text, const std::string& begin, char end) {
  const std::size_t from = text.find(begin);
  const std::size_t to = from == std::string::npos ? from : text.find(end, from);
  return to == std::string::npos ? "" : text.substr(from + begin.size(), to - from - begin.size());
}

// CLI11's names of types say what a programmer reads.
std::string value_name(const std::string& type) {
  const std::string name = type.substr(0, type.find(':'));
  const bool number = name == "INT" || name == "UINT" || name == "FLOAT";
  if (name == "TEXT") {
    return "WORD";
  }
  return number ? "N" : name;
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  for (const std::string& name : option.get_snames()) {
    facts.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    facts.names.push_back("--" + name);
  }
  if (option.get_positional()) {
    facts.operand = option.get_name(true);
  }
  if (option.get_type_size() != 0) {
    // "TEXT:{a,b}", "INT:INT in [1 - 128]": CLI11 has each validator's words only here.
    const std::string type = option.get_type_name();
    facts.value = value_name(type);
    facts.choices = split(between(type, "{", '}'), ',');
    facts.range = facts.value == kPidValue ? "" : between(type, " in [", ']');
    if (const std::size_t dash = facts.range.find(" - "); dash != std::string::npos) {
      facts.range.replace(dash, 3, " to ");
    }
    facts.default_value = option.get_default_str();
  }
  facts.description = option.get_description();
  facts.group = option.get_group();
  for (const CLI::Option* other : option.get_excludes()) {
    facts.excludes.push_back(other->get_name());
  }
  facts.required = option.get_required();
  facts.least = option.get_items_expected_min();
  facts.most = option.get_items_expected_max();
  facts.repeats = facts.operand.empty() && facts.most == kUnlimited;
  return facts;
}

std::vector<OptionFacts> visible(const CLI::App& app, bool positional) {
  std::vector<OptionFacts> all;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty() && option->get_positional() == positional) {
      all.push_back(facts_of(*option));
    }
  }
  return all;
}

}  // namespace

std::vector<OptionFacts> options_of(const CLI::App& app) { return visible(app, false); }

std::vector<OptionFacts> operands_of(const CLI::App& app) { return visible(app, true); }

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<std::string> extensions_of(const OptionFacts& facts) {
  if (facts.value != kSnapshotValue && facts.value != kPageValue) {
    return {};
  }
  std::vector<std::string> extensions = known_extensions();
  if (facts.value == kPageValue) {
    extensions.emplace_back(".html");
  }
  return extensions;
}

}  // namespace tmbpf
