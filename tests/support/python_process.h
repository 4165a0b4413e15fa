// SPDX-License-Identifier: Apache-2.0
// A Python child that the tests drive: it runs a script, says words on its output, and waits for a
// line on its input.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace tmbpf {

class PythonProcess {
 public:
  // Runs `python -c source` with a fixed hash seed and nothing from the user's site. A python in a
  // root folder (python_root.h) runs in there.
  PythonProcess(const std::string& python, const std::string& source,
                const std::vector<std::string>& environment = {});
  PythonProcess(const PythonProcess&) = delete;
  PythonProcess& operator=(const PythonProcess&) = delete;
  ~PythonProcess();  // killed when it still runs

  // The interpreter's, as it is seen from here.
  [[nodiscard]] pid_t pid() const { return pid_; }
  // The next line of its output, without the newline; throws after `seconds` or at its end.
  std::string read_line(int seconds = 60);
  void write_line(const std::string& line) const;
  // Ends its input and waits: exit status, or 128 + signal.
  int finish();
  void kill();

 private:
  pid_t started_ = -1;  // our child: the interpreter, or what runs it in its root
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace tmbpf
