// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/manual/manual_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "userspace/cli/manual/footer_text.h"
#include "userspace/cli/manual/option_facts.h"
#include "userspace/cli/manual/troff_text.h"
#include "userspace/cli/target_arguments.h"

namespace tmbpf {
namespace {

std::string lower_first(std::string text) {
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

// Without the program's name, which the page's own name repeats.
std::string summary(const CLI::App& app) {
  const std::string text = app.get_description();
  const std::string prefix = app.get_name() + ": ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : lower_first(text);
}

std::string option_term(const OptionFacts& option) {
  std::string term;
  for (const std::string& name : option.names) {
    term += (term.empty() ? "" : ", ") + troff_bold(name);
  }
  return option.value.empty() ? term : term + " " + troff_italic(option.value);
}

std::string operand_terms(const OptionFacts& operand) {
  const std::string name = troff_italic(operand.operand);
  std::string terms;
  const int shown = operand.most == kUnlimited ? 1 : operand.most;
  for (int i = 0; i < shown; ++i) {
    const bool optional = i >= operand.least;
    terms += fmt::format(" {}{}{}", optional ? "[" : "", name, optional ? "]" : "");
  }
  return operand.most == kUnlimited ? terms + "..." : terms;
}

// "{--pid PID | --name PATTERN}" of a command that needs one of them.
std::string target_terms(const std::vector<OptionFacts>& options) {
  std::string terms;
  for (const OptionFacts& option : options) {
    if (option.group == kTargetGroup && !option.value.empty()) {
      terms += (terms.empty() ? "" : " | ") + option_term(option);
    }
  }
  return terms.empty() ? "" : " {" + terms + "}";
}

std::string synopsis(const CLI::App& root, const CLI::App& command) {
  const std::string name = troff_bold(root.get_name());
  const std::string options = " [" + troff_italic("OPTION") + "]...";
  if (&root == &command) {
    return fmt::format("{0} {1} {2}{3}\n.br\n{0}{3} {4} {5} [{6}]...\n.br\n{0} {7}{3}\n", name,
                       troff_bold("--pid"), troff_italic("PID"), options, troff_bold("--"),
                       troff_italic("PROGRAM"), troff_italic("ARGUMENT"), troff_italic("COMMAND"));
  }
  std::string line = name + " " + troff_bold(command.get_name());
  line += target_terms(options_of(command));
  for (const OptionFacts& option : options_of(command)) {
    line += option.required ? " " + option_term(option) : "";
  }
  line += options;
  for (const OptionFacts& operand : operands_of(command)) {
    line += operand_terms(operand);
  }
  return line + "\n";
}

std::string sentence(const std::string& text) {
  return troff_wrapped(troff_prose(text) + (text.ends_with('.') ? "" : ".")) + "\n";
}

// Whether the description has them all already.
bool names_choices(const OptionFacts& option) {
  return std::ranges::all_of(option.choices, [&](const std::string& choice) {
    return option.description.find(choice) != std::string::npos;
  });
}

std::string details(const OptionFacts& option) {
  std::string text = sentence(option.description);
  if (!names_choices(option)) {
    std::string list;
    for (const std::string& choice : option.choices) {
      list += (list.empty() ? "" : ", ") + troff_bold(choice);
    }
    text += fmt::format("Possible: {}.\n", list);
  }
  if (!option.range.empty()) {
    text += fmt::format("From {}.\n", troff_prose(option.range));
  }
  if (!option.default_value.empty()) {
    text += fmt::format("Default: {}.\n", troff_bold(option.default_value));
  }
  for (const std::string& other : option.excludes) {
    text += fmt::format("Not with {}.\n", troff_bold(other));
  }
  return text + (option.required && option.operand.empty() ? "Required.\n" : "");
}

std::string operands_section(const CLI::App& command) {
  std::string text;
  for (const OptionFacts& operand : operands_of(command)) {
    text += fmt::format(".TP\n{}\n{}", troff_italic(operand.operand), details(operand));
  }
  return text.empty() ? "" : ".SH OPERANDS\n" + text;
}

std::string options_section(const CLI::App& command) {
  const std::vector<OptionFacts> options = options_of(command);
  std::vector<std::string> groups;
  for (const OptionFacts& option : options) {
    if (std::ranges::find(groups, option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  std::string text = ".SH OPTIONS\n";
  for (const std::string& group : groups) {
    text += groups.size() > 1 ? fmt::format(".SS {}\n", troff_prose(group)) : "";
    for (const OptionFacts& option : options) {
      text += option.group == group
                  ? fmt::format(".TP\n{}\n{}", option_term(option), details(option))
                  : "";
    }
  }
  return text;
}

std::string commands_section(const CLI::App& app) {
  std::string text;
  for (const CLI::App* command : commands_of(app)) {
    text += fmt::format(".TP\n{}\n{}", troff_bold(command->get_name()),
                        sentence(command->get_description()));
  }
  return text.empty() ? "" : ".SH COMMANDS\n" + text;
}

std::string terms_section(const char* title, const std::vector<FooterLine>& lines) {
  std::string text;
  for (const FooterLine& line : lines) {
    text += line.meaning.empty()
                ? fmt::format(".PP\n{}\n", troff_bold(line.term))
                : fmt::format(".TP\n{}\n{}\n", troff_bold(line.term), troff_prose(line.meaning));
  }
  // A paragraph right after the title is one too many.
  if (text.starts_with(".PP\n")) {
    text.erase(0, std::string(".PP\n").size());
  }
  return text.empty() ? "" : fmt::format(".SH {}\n{}", title, text);
}

std::string notes_section(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) {
    text += (text.empty() ? "" : ".PP\n") + sentence(note);
  }
  return text.empty() ? "" : ".SH NOTES\n" + text;
}

std::string see_also(const CLI::App& root, const CLI::App& command) {
  std::vector<const CLI::App*> others = commands_of(root);
  others.insert(others.begin(), &root);
  std::erase(others, &command);
  std::ranges::sort(others, {}, &CLI::App::get_name);
  std::string text = ".SH SEE ALSO\n";
  for (const CLI::App* other : others) {
    text += fmt::format("{}{}(1)", other == others.front() ? "" : ",\n",
                        troff_bold(manual_page_name(root, *other)));
  }
  return text + "\n";
}

}  // namespace

std::string manual_page_name(const CLI::App& root, const CLI::App& command) {
  return &root == &command ? root.get_name() : root.get_name() + "-" + command.get_name();
}

std::string manual_page(const CLI::App& root, const CLI::App& command, const std::string& date) {
  const std::string name = manual_page_name(root, command);
  const FooterText common = parse_footer(root.get_footer());
  const FooterText own = parse_footer(command.get_footer());
  std::string title = name;
  std::ranges::transform(title, title.begin(), [](unsigned char letter) {
    return static_cast<char>(std::toupper(letter));
  });
  std::string page = fmt::format(
      ".\\\" Made from the command line's own text; edits are lost.\n"
      ".TH {} 1 {} \"tmbpf {}\" \"User Commands\"\n",
      title, date, TMBPF_VERSION);
  page += fmt::format(".SH NAME\n{} \\- {}\n", troff_literal(name), troff_prose(summary(command)));
  page += ".SH SYNOPSIS\n" + synopsis(root, command);
  page += ".SH DESCRIPTION\n" + sentence(command.get_description());
  page += commands_section(command) + operands_section(command) + options_section(command);
  page += notes_section(own.notes);
  page += terms_section("EXAMPLES", own.examples);
  page += terms_section("FILES", own.files);
  page += terms_section("EXIT STATUS", common.exit_statuses);
  return page + see_also(root, command);
}

}  // namespace tmbpf
