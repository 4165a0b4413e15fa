// SPDX-License-Identifier: Apache-2.0
// tmbpf_manual FOLDER DATE: at build time, writes the man pages (NAME.1) and the completions of
// bash (tmbpf.bash) and zsh (_tmbpf) into FOLDER, which exists. DATE: YYYY-MM-DD.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "userspace/cli/command_line.h"
#include "userspace/cli/manual/bash_completion.h"
#include "userspace/cli/manual/manual_page.h"
#include "userspace/cli/manual/option_facts.h"
#include "userspace/cli/manual/zsh_completion.h"
#include "util/error.h"

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    throw tmbpf::Error("cannot write " + path.string());
  }
}

void write_all(const std::filesystem::path& folder, const std::string& date) {
  CLI::App app(tmbpf::kDescription, "tmbpf");
  tmbpf::CommandLine line;
  tmbpf::define_command_line(app, line);
  const auto write_page = [&](const CLI::App& command) {
    write(folder / (tmbpf::manual_page_name(app, command) + ".1"),
          tmbpf::manual_page(app, command, date));
  };
  write_page(app);
  for (const CLI::App* command : tmbpf::commands_of(app)) {
    write_page(*command);
  }
  write(folder / "tmbpf.bash", tmbpf::bash_completion(app));
  write(folder / "_tmbpf", tmbpf::zsh_completion(app));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tmbpf_manual FOLDER DATE\n";
    return static_cast<int>(tmbpf::ExitStatus::usage);
  }
  try {
    write_all(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "tmbpf_manual: " << error.what() << '\n';
    return static_cast<int>(tmbpf::ExitStatus::failed);
  }
}
