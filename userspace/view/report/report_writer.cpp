// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/report_writer.h"

#include <nlohmann/json.hpp>

#include "userspace/view/report/report_data.h"
#include "userspace/view/report/report_page.h"
#include "userspace/view/report/report_text.h"

namespace tmbpf {

void write_report(const Snapshot& snapshot, const Snapshot* old, const ReportOptions& options,
                  const ReportSink& sink) {
  constexpr bool kAscii = true;
  const ReportPage page = report_page();
  sink(page.before_title);
  sink(escape_html(report_text(options.title, options.max_name_length)));
  sink(page.before_data);
  sink(escape_script(report_data(snapshot, old, options).dump(-1, ' ', kAscii)));
  sink(page.after_data);
}

}  // namespace tmbpf
