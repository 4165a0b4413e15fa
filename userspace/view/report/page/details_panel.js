// SPDX-License-Identifier: Apache-2.0
// What is known about what was clicked: a frame of the graph or a row of the table.

class DetailsPanel {
  constructor(data, opened) {
    this.data = data;
    this.host = byId("details");
    this.list = new TracebackList(data, opened);
  }

  // {title, place, source, sums, whole, stacks, lit}: sums and whole as StackTree.amountsOf().
  show(subject, measure) {
    byId("details-title").textContent = subject.title;
    byId("details-body").replaceChildren(...[
      subject.place && element("div", { class: "place mono quiet" }, subject.place),
      subject.hint && element("div", { class: "name" }, subject.hint),
      subject.source && element("code", { class: "source" }, subject.source),
      this.sums(subject),
      ...this.list.elements(subject.stacks, measure, subject.lit),
    ].filter(Boolean));
    this.host.scrollTop = 0;
  }

  sums({ sums, whole, stacks }) {
    const error = (metric, side) => this.data.errors.text(stacks, metric, side);
    const items = [
      ["Size", formatSize(sums.size) + error("size"), formatExactBytes(sums.size)],
      ["Blocks", formatNumber(sums.count) + error("count")],
      ["Average", sums.count > 0 ? formatSize(sums.size / sums.count) : "\u2013"],
      ["Share of bytes", formatShare(sums.size, whole.size)],
      ["Share of blocks", formatShare(sums.count, whole.count)],
    ];
    if (this.data.compared) {
      items.splice(1, 0, ["Size diff", formatSize(sums.size - sums.oldSize, true) + error("size", "difference"), formatExactBytes(sums.size - sums.oldSize, true), sums.size - sums.oldSize]);
      items.splice(3, 0, ["Count diff", formatNumber(sums.count - sums.oldCount, true) + error("count", "difference"), "", sums.count - sums.oldCount]);
    }
    return element("dl", { class: "sums" }, ...items.map(([term, text, exact, change]) =>
      element("div", {}, element("dt", {}, term),
        element("dd", { class: change === undefined ? null : changeClass(change) }, text, exact && element("span", { class: "exact" }, exact)))));
  }
}
