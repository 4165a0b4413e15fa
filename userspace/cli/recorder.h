// SPDX-License-Identifier: Apache-2.0
// Writes snapshots of processes, one file each, and keeps to what the files may take.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "userspace/cli/kept_files.h"
#include "userspace/cli/output_series.h"
#include "userspace/cli/output_template.h"
#include "userspace/cli/record_options.h"
#include "userspace/trace/tracer.h"

namespace tmbpf {

class Recorder {
 public:
  // `options` must outlive the object. `progress`: the file descriptor for a line per file.
  // `give_up`: see run_user_data(). Throws Error (usage) when the template would overwrite a file,
  // or mix processes.
  Recorder(const RecordOptions& options, int progress, std::function<bool()> give_up);

  // Throws Error when the first file of the process could not be written as things stand; tells
  // when it is not the first of its name.
  void check(pid_t pid);
  // One snapshot. Never throws: what fails is told and counted.
  void record(Tracer& tracer);
  // No more of this process.
  void forget(pid_t pid) { series_.erase(pid); }

  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  // "12 files written, 2 failed, ..." on the progress's descriptor.
  void print_summary();

 private:
  [[nodiscard]] Snapshot take(Tracer& tracer) const;
  OutputSeries& series_of(pid_t pid);
  void write(const Snapshot& snapshot, pid_t pid);
  void print(const std::string& line);
  void print_file(const Snapshot& snapshot, const std::string& path);

  const RecordOptions& options_;
  OutputTemplate names_;
  int progress_;  // -1: none, or nobody reads it any more
  std::function<bool()> give_up_;
  std::map<pid_t, OutputSeries> series_;
  KeptFiles kept_;
  std::uint64_t written_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace tmbpf
