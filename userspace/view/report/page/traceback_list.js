// SPDX-License-Identifier: Apache-2.0
// Tracebacks as Python prints them, most recent call last, the largest first.

const STACKS_SHOWN = 5;
const FRAMES_SHOWN = 60;

class TracebackList {
  // opened(stack, index): the index-th frame of it, from the oldest, was clicked.
  constructor(data, opened) {
    this.data = data;
    this.label = new FrameLabel(data);
    this.opened = opened;
  }

  // Frames marked in `lit` stand out.
  elements(stacks, measure, lit) {
    const sorted = [...stacks].sort((left, right) =>
      measure.valueOfStack(this.data, right) - measure.valueOfStack(this.data, left) || left - right);
    const list = element("ol", { class: "stacks" });
    let shown = 0;
    const more = element("button", { type: "button", class: "link", click: () => extend() }, "");
    const extend = () => {
      const next = sorted.slice(shown, shown + STACKS_SHOWN);
      list.append(...next.map((stack) => this.stack(stack, measure, lit)));
      shown += next.length;
      more.textContent = shown < sorted.length ? `Show more (${formatNumber(sorted.length - shown)} left)` : "";
      more.hidden = shown === sorted.length;
    };
    extend();
    const title = sorted.length === 1 ? "1 traceback" : `${formatNumber(sorted.length)} tracebacks, the largest first`;
    return [element("h3", {}, title), list, more];
  }

  stack(stack, measure, lit) {
    const frames = this.data.framesOf(stack);
    const hidden = this.data.hidden[stack];
    const skipped = Math.max(0, frames.length - FRAMES_SHOWN);
    const note = [hidden > 0 && `${formatNumber(hidden)} older frames were not recorded`,
      skipped > 0 && `${formatNumber(skipped)} older frames are not listed here`].filter(Boolean).join("; ");
    return element("li", {},
      element("div", {}, this.sums(stack, measure)),
      note && element("div", { class: "quiet" }, `(${note})`),
      element("ol", { class: "frames" },
        ...frames.slice(skipped).map((frame, index) => this.frame(stack, frame, skipped + index, lit[frame]))));
  }

  sums(stack, measure) {
    const sums = this.data.sums;
    const error = (metric, side) => this.data.errors.text([stack], metric, side);
    const now = `${formatSize(sums.size[stack])}${error("size")} in ${formatBlocks(sums.count[stack], false, error("count"))}`;
    if (!measure.compared) {
      return now;
    }
    const size = sums.size[stack] - sums.oldSize[stack];
    const count = sums.count[stack] - sums.oldCount[stack];
    return `${now} (${formatSize(size, true)}${error("size", "difference")}, ` +
           `${formatBlocks(count, true, error("count", "difference"))})`;
  }

  frame(stack, frame, index, here) {
    const source = this.data.sourceOf(frame);
    const name = this.data.functionOf(frame);
    return element("li", { class: here ? "here" : null },
      element("button", { type: "button", class: "link mono", title: this.label.place(frame), click: () => this.opened(stack, index) },
        this.label.place(frame, 3) || name),
      this.label.place(frame) && name && element("span", { class: "name quiet" }, ` ${name}`),
      source && element("code", { class: "source" }, source));
  }
}
