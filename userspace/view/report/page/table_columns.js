// SPDX-License-Identifier: Apache-2.0
// The columns of numbers: what a row's value is, and how it is shown.

// show(value, row) -> text; title(value, row) -> exact text for the tooltip.
function tableColumns(data, totals, metric) {
  const error = (row, metric, side) => data.errors.text(row.stacks, metric, side);
  // Of two snapshots the difference is what counts, and there is no room for more.
  const shownError = (row, metric) => (data.compared ? "" : error(row, metric));
  const average = (row) => (row.count > 0 ? row.size / row.count : 0);
  const columns = [
    { id: "size", text: "Size", value: (row) => row.size,
      show: (value, row) => formatSize(value) + shownError(row, "size"),
      title: (value, row) => formatExactBytes(value) + error(row, "size") },
    { id: "count", text: "Count", value: (row) => row.count,
      show: (value, row) => formatNumber(value) + shownError(row, "count"),
      title: (value, row) => `${value} blocks${error(row, "count")}` },
    { id: "average", text: "Average", value: average,
      show: (value) => formatSize(value), title: (value) => `${value} bytes per block` },
    { id: "share", text: "Share", value: (row) => row[metric],
      show: (value) => formatShare(value, totals[metric]), title: () => `of ${formatMetric(metric, totals[metric])}`,
      part: (value) => (totals[metric] > 0 ? (100 * value) / totals[metric] : 0) },
  ];
  if (data.compared) {
    columns.splice(1, 0, { id: "size-change", text: "Size diff", value: (row) => row.size - row.oldSize, signed: true,
      show: (value, row) => formatSize(value, true) + error(row, "size", "difference"),
      title: (value, row) => `${formatExactBytes(value, true)}; was ${formatExactBytes(row.oldSize)}` });
    columns.splice(3, 0, { id: "count-change", text: "Count diff", value: (row) => row.count - row.oldCount, signed: true,
      show: (value, row) => formatNumber(value, true) + error(row, "count", "difference"),
      title: (value, row) => `was ${formatBlocks(row.oldCount)}` });
  }
  return columns;
}
