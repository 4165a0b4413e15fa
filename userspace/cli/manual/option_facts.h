// SPDX-License-Identifier: Apache-2.0
// What the manual and the completions say about an option, read off its CLI11 definition.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tmbpf {

struct OptionFacts {
  std::vector<std::string> names;  // "-h", "--help"; empty for an operand
  std::string operand;             // "FILE"; empty for an option
  std::string value;               // what the value is called: "PID"; empty for a flag
  std::vector<std::string> choices;
  std::string range;  // "1 to 128"; empty without one
  std::string default_value;
  std::string description;
  std::string group;
  std::vector<std::string> excludes;  // names of options
  bool required = false;
  bool repeats = false;  // an option that may be given more than once
  int least = 0;         // operands
  int most = 0;          // operands; kUnlimited
};

inline constexpr int kUnlimited = CLI::detail::expected_max_vector_size;

// Those that --help shows, in its order.
std::vector<OptionFacts> options_of(const CLI::App& app);
std::vector<OptionFacts> operands_of(const CLI::App& app);

std::vector<const CLI::App*> commands_of(const CLI::App& app);

// Where values of this kind (command_line.h) are files: the extensions that suit; else empty.
std::vector<std::string> extensions_of(const OptionFacts& facts);

}  // namespace tmbpf
