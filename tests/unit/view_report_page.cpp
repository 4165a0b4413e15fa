// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/view_report_page.h"

#include <stdexcept>

namespace tmbpf::test {

std::string report_html(const Snapshot& snapshot, const Snapshot* old,
                        const ReportOptions& options) {
  std::string html;
  write_report(snapshot, old, options, [&html](std::string_view piece) { html += piece; });
  return html;
}

std::string data_text(const std::string& html) {
  const std::string mark = R"(<script id="report-data" type="application/json">)";
  const std::size_t begin = html.find(mark);
  if (begin == std::string::npos) {
    throw std::runtime_error("the page has no data");
  }
  return html.substr(begin + mark.size(), html.find("</script>", begin) - begin - mark.size());
}

nlohmann::json report_json(const Snapshot& snapshot, const Snapshot* old,
                           const ReportOptions& options) {
  return nlohmann::json::parse(data_text(report_html(snapshot, old, options)));
}

}  // namespace tmbpf::test
