// SPDX-License-Identifier: Apache-2.0
// Snapshots as the options of the command line want them, and their tables on standard output.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "userspace/cli/analysis_options.h"
#include "userspace/files/source_files.h"
#include "userspace/model/block_sum.h"
#include "userspace/model/estimate_error.h"
#include "userspace/model/snapshot.h"
#include "userspace/model/statistic_diff.h"

namespace tmbpf {

// Metadata of pytracemalloc 0.9: "2013-09-01 12:00:00".
inline constexpr const char* kOldTime = "timestamp";

class Analysis {
 public:
  // One file, without what the filters left out.
  struct View {
    std::string path;
    std::string name;  // for titles
    Snapshot snapshot;
    BlockSum hidden;  // what the filters left out
    EstimateError hidden_error;
  };

  // `options` must outlive this.
  explicit Analysis(const AnalysisOptions& options);

  // Throws Error naming the file: as read_snapshot(), and when it does not tell what is asked for.
  View open(const std::string& path);
  // Prints its table, or its JSON; with `old` the difference. `several`: its name is in the title.
  void show(const View& view, const View* old, bool several);

 private:
  [[nodiscard]] Snapshot by_age(Snapshot snapshot, const std::string& path) const;
  [[nodiscard]] Snapshot by_address(Snapshot snapshot, const std::string& path) const;
  void show_text(const View& view, const View* old, const std::vector<StatisticDiff>& rows,
                 bool several);

  const AnalysisOptions& options_;
  std::shared_ptr<TracebackTable> table_;
  SourceFiles sources_;
};

}  // namespace tmbpf
