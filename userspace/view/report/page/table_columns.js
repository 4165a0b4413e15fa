// SPDX-License-Identifier: Apache-2.0
// The columns of numbers: what a row's value is, and how it is shown.

// show(value, row) -> text; title(value, row) -> exact text for the tooltip.
function tableColumns(data, totals, metric) {
  const average = (row) => (row.count > 0 ? row.size / row.count : 0);
  const columns = [
    { id: "size", text: "Size", value: (row) => row.size,
      show: (value) => formatSize(value), title: (value) => formatExactBytes(value) },
    { id: "count", text: "Count", value: (row) => row.count,
      show: (value) => formatNumber(value), title: (value) => `${value} blocks` },
    { id: "average", text: "Average", value: average,
      show: (value) => formatSize(value), title: (value) => `${value} bytes per block` },
    { id: "share", text: "Share", value: (row) => row[metric],
      show: (value) => formatShare(value, totals[metric]), title: () => `of ${formatMetric(metric, totals[metric])}`,
      part: (value) => (totals[metric] > 0 ? (100 * value) / totals[metric] : 0) },
  ];
  if (data.compared) {
    columns.splice(1, 0, { id: "size-change", text: "Size diff", value: (row) => row.size - row.oldSize, signed: true,
      show: (value) => formatSize(value, true), title: (value, row) => `${formatExactBytes(value, true)}; was ${formatExactBytes(row.oldSize)}` });
    columns.splice(3, 0, { id: "count-change", text: "Count diff", value: (row) => row.count - row.oldCount, signed: true,
      show: (value) => formatNumber(value, true), title: (value, row) => `was ${formatBlocks(row.oldCount)}` });
  }
  return columns;
}
