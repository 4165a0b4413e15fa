// SPDX-License-Identifier: Apache-2.0
// What is shown beside the mouse, and what a screen reader hears when the keyboard moves.

class Tooltip {
  constructor(host, data) {
    this.host = host;
    this.data = data;
    this.label = new FrameLabel(data);
    this.node = -1;
  }

  hide() {
    this.host.hidden = true;
    this.node = -1;
  }

  show(tree, measure, node, x, y) {
    if (node !== this.node) {
      this.host.replaceChildren(...this.lines(tree, measure, node));
      this.host.hidden = false;
      this.node = node;
    }
    const box = this.host.getBoundingClientRect();
    const left = Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8));
    const below = y + 18;
    const top = below + box.height + 4 > window.innerHeight ? Math.max(4, y - box.height - 10) : below;
    this.host.style.left = `${left}px`;
    this.host.style.top = `${top}px`;
  }

  lines(tree, measure, node) {
    const frame = tree.frame[node];
    const source = node === 0 ? "" : this.data.sourceOf(frame);
    const place = node === 0 ? "" : this.label.place(frame);
    return [
      element("div", {}, element("strong", { class: "name" }, node === 0 ? "All" : this.label.name(frame))),
      place && element("div", { class: "quiet mono" }, place),
      ...this.sums(tree, measure, node).map((line) => element("div", {}, line)),
      source && element("code", { class: "source" }, source),
    ].filter(Boolean);
  }

  sums(tree, measure, node) {
    const now = tree.amountsOf(node);
    const total = tree.amountsOf(0);
    const errors = (side) => ["size", "count"].map((metric) => this.data.errors.text(tree.stacksAt(node), metric, side));
    const amount = (bytes, blocks, [size, count]) => `${formatSize(bytes)}${size} in ${formatBlocks(blocks, false, count)}`;
    const lines = [`${amount(now.size, now.count, errors("new"))}, ` +
                   `${formatShare(now[measure.metric], total[measure.metric])} of ${measure.metric === "size" ? "bytes" : "blocks"}`];
    if (measure.compared) {
      const [size, count] = errors("difference");
      lines.push(`was ${amount(now.oldSize, now.oldCount, errors("old"))}`);
      lines.push(`change ${formatSize(now.size - now.oldSize, true)}${size}, ${formatBlocks(now.count - now.oldCount, true, count)}`);
    }
    return lines;
  }

  sentence(tree, measure, node) {
    const name = node === 0 ? "All" : `${this.label.name(tree.frame[node])}, ${this.label.shortPlace(tree.frame[node])}`;
    return `${name}: ${this.sums(tree, measure, node).join("; ")}`;
  }
}
