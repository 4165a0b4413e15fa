// SPDX-License-Identifier: Apache-2.0
#include "symbols/python_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "symbols/image_analysis.h"
#include "symbols/interpreter_image.h"
#include "symbols/process/process_list.h"
#include "symbols/python_build.h"
#include "symbols/python_target.h"
#include "symbols/traceable.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// A list names the process anyway.
std::string without_process(std::string_view message, const ProcessIdentity& identity) {
  for (const std::string& prefix :
       {fmt::format("process {} ({}) ", identity.pid, identity.command),
        fmt::format("process {}: ", identity.pid), fmt::format("process {} ", identity.pid)}) {
    if (message.starts_with(prefix)) {
      return std::string(message.substr(prefix.size()));
    }
  }
  return std::string(message);
}

class PythonSearch {
 public:
  void look_at(pid_t pid) {
    try {
      const auto identity = find_process(pid);
      const auto image = identity ? find_interpreter_image(pid) : std::nullopt;
      if (image) {
        add(*identity, *image);
      }
    } catch (const Error& error) {
      // Threads of the kernel have no words, nor have processes that end.
      if (error.status() == ExitStatus::not_permitted && !process_arguments(pid).empty()) {
        ++result_.unreadable;
      }
    }
  }

  PythonProcesses take_result() {
    std::ranges::sort(result_.found, [](const PythonProcess& left, const PythonProcess& right) {
      return std::tie(right.resident, left.identity.pid) <
             std::tie(left.resident, right.identity.pid);
    });
    return std::move(result_);
  }

 private:
  void add(const ProcessIdentity& identity, const InterpreterImage& image) {
    PythonProcess process{.identity = identity,
                          .arguments = process_arguments(identity.pid),
                          .version = python_version(image.image),
                          .resident = resident_bytes(identity.pid)};
    judge(process, image);
    if (still_runs(identity)) {
      result_.found.push_back(std::move(process));
    }
  }

  void judge(PythonProcess& process, const InterpreterImage& image) {
    process.build = python_build(image.image, nullptr);
    try {
      const PythonTarget target = open_python_target(process.identity, image, analyses_);
      process.build = python_build(image.image, &target.plan);
      require_traceable(target, true);
    } catch (const Error& error) {
      process.obstacle = without_process(error.what(), process.identity);
      process.remedy = error.hint();
    }
  }

  PythonProcesses result_;
  ImageAnalyses analyses_;
};

}  // namespace

PythonProcesses find_python_processes(
    const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  PythonSearch search;
  const std::vector<pid_t> pids = all_processes();
  for (std::size_t i = 0; i < pids.size(); ++i) {
    search.look_at(pids[i]);
    progress(i + 1, pids.size());
  }
  return search.take_result();
}

}  // namespace tmbpf
