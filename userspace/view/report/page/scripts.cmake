# SPDX-License-Identifier: Apache-2.0
# The scripts of the page, in the order in which they are joined into one: what is used stands first.
set(PAGE_SCRIPTS
  size_text element name_pattern estimate_errors report_data stack_tree measure palette icicle_layout frame_label
  tooltip flame_graph groups table_columns group_table traceback_list details_panel summary_panel
  frame_search report_page)
