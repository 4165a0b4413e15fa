// SPDX-License-Identifier: Apache-2.0
// What is measured: bytes ("size") or blocks ("count"), on the new side, the old one, or what
// changed between them.

class Measure {
  constructor(metric, side, compared) {
    this.metric = metric;
    this.side = side;
    this.compared = compared;
  }

  get oldMetric() {
    return this.metric === "size" ? "oldSize" : "oldCount";
  }

  // Name of the sums that give the widths in the graph.
  get column() {
    return { new: this.metric, old: this.oldMetric, difference: `${this.metric}Change` }[this.side];
  }

  widths(tree) {
    return tree.sums[this.column];
  }

  changeAt(tree, node) {
    return tree.sums[this.metric][node] - tree.sums[this.oldMetric][node];
  }

  // -1 (all gone) to 1 (all new).
  growthAt(tree, node) {
    const whole = this.side === "difference"
      ? tree.sums[this.column][node]
      : Math.max(tree.sums[this.metric][node], tree.sums[this.oldMetric][node]);
    return whole > 0 ? this.changeAt(tree, node) / whole : 0;
  }

  valueOfStack(data, stack) {
    const now = data.sums[this.metric][stack];
    const before = data.sums[this.oldMetric][stack];
    return { new: now, old: before, difference: Math.abs(now - before) }[this.side];
  }

  // Of a node, in words: "12.0 KiB", or "+3.0 KiB" where the difference is looked at.
  textAt(tree, node) {
    return this.side === "difference"
      ? formatMetric(this.metric, this.changeAt(tree, node), true)
      : formatMetric(this.metric, this.widths(tree)[node]);
  }
}
