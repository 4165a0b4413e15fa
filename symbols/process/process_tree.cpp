// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/process_tree.h"

#include <fmt/format.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "symbols/process/process_list.h"

namespace tmbpf {
namespace {

// 0: there is no such process.
pid_t parent_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text, '\0');
  // comm may hold spaces and parentheses: it ends at the last one.
  const std::size_t close = text.rfind(')');
  if (close == std::string::npos) {
    return 0;
  }
  std::istringstream rest(text.substr(close + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : all_processes()) {
    children.emplace(parent_of(pid), pid);
  }
  return children;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t pid) {
  const auto children = children_by_parent();
  std::vector<pid_t> found{pid};
  for (std::size_t i = 0; i < found.size() && found.size() <= children.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) {
      found.push_back(child->second);
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace tmbpf
