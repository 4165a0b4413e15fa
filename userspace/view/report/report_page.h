// SPDX-License-Identifier: Apache-2.0
// The page of a report without its data: what stands in page/, put together when tmbpf is built
// (embed_page.cmake), cut where title and data belong. ASCII.
#pragma once

#include <string_view>

namespace tmbpf {

struct ReportPage {
  std::string_view before_title;
  std::string_view before_data;
  std::string_view after_data;
};

ReportPage report_page();

}  // namespace tmbpf
