// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/recording_arguments.h"

#include "userspace/cli/quantity_text.h"

namespace tmbpf {

void RecordingArguments::add_to(CLI::App& app) {
  traces_.add_to(app);
  app.add_option("--min-size", min_size_, "Only blocks of at least so many bytes: 512, 64K")
      ->type_name("SIZE")
      ->group("Filters");
}

RecordingFilters RecordingArguments::filters() const {
  return {.filters = traces_.filters(), .min_size = min_size_.empty() ? 0 : parse_size(min_size_)};
}

}  // namespace tmbpf
