// SPDX-License-Identifier: Apache-2.0
// Stacks grouped by what they have in common, as tracemalloc groups them; `function` is ours.

const GROUPINGS = [["line", "Line"], ["file", "File"], ["function", "Function"], ["traceback", "Traceback"]];

class Groups {
  constructor(data) {
    this.data = data;
    this.label = new FrameLabel(data);
    this.lines = this.numbered((frame) => `${data.file[frame]}:${data.line[frame]}`);
    this.functions = this.numbered((frame) => `${data.file[frame]}:${data.functions[frame]}`);
    if (data.othersFrame >= 0) {
      // A group of its own, whatever unnamed files and functions there are.
      this.lines[data.othersFrame] = data.frameCount;
      this.functions[data.othersFrame] = data.frameCount;
    }
  }

  // For each frame the number of the first one with the same key.
  numbered(keyOf) {
    const known = new Map();
    return Uint32Array.from(this.data.file, (_, frame) => {
      const key = keyOf(frame);
      known.set(key, known.get(key) ?? frame);
      return known.get(key);
    });
  }

  // Rows {frame, frames, stacks, size, count, oldSize, oldCount}: frame stands for the group, stacks
  // has the largest first. Cumulative: a group has every stack in which it occurs, each once.
  by(grouping, cumulative) {
    const rows = new Map();
    for (let stack = 0; stack < this.data.stackCount; ++stack) {
      const frames = this.data.framesOf(stack);
      const site = frames[frames.length - 1];
      if (grouping === "traceback") {
        // As in tracemalloc, functions do not count.
        this.add(rows, frames.map((frame) => this.lines[frame]).join(), site, stack);
      } else if (!cumulative) {
        this.add(rows, this.keyOf(grouping, site), site, stack);
      } else {
        const last = new Map(frames.map((frame) => [this.keyOf(grouping, frame), frame]));
        last.forEach((frame, key) => this.add(rows, key, frame, stack));
      }
    }
    return [...rows.values()];
  }

  keyOf(grouping, frame) {
    if (frame === this.data.othersFrame) {
      return -1;
    }
    return { line: this.lines, file: this.data.file, function: this.functions }[grouping][frame];
  }

  add(rows, key, frame, stack) {
    let row = rows.get(key);
    if (row === undefined) {
      row = { key, frame, stacks: [], size: 0, count: 0, oldSize: 0, oldCount: 0 };
      rows.set(key, row);
    }
    row.stacks.push(stack);
    for (const name of ["size", "count", "oldSize", "oldCount"]) {
      row[name] += this.data.sums[name][stack];
    }
  }

  // {name, hint, title}: the row's first cell.
  textsOf(grouping, row) {
    const { data, label } = this;
    const { frame } = row;
    if (frame === data.othersFrame) {
      return { name: data.functionOf(frame), hint: "", title: "Below the report's limit: only their sum is known" };
    }
    const name = data.functionOf(frame);
    switch (grouping) {
      case "file":
        return { name: label.file(frame, 4), hint: "", title: label.file(frame) };
      case "function":
        return { name: label.name(frame), hint: label.file(frame, 3), title: `${name} in ${label.file(frame)}` };
      case "line":
        return { name: label.shortPlace(frame, 2), hint: name, title: label.place(frame) };
      default: {
        const frames = data.framesOf(row.stacks[0]).reverse();
        return {
          name: label.shortPlace(frames[0], 2),
          hint: frames.slice(1, 4).map((caller) => `\u2190 ${label.shortPlace(caller)}`).join(" "),
          title: frames.slice(0, 25).map((caller) => label.place(caller)).join("\n"),
        };
      }
    }
  }

  // Frames that make the row, for highlighting.
  framesOf(grouping, row) {
    const lit = new Uint8Array(this.data.frameCount);
    if (grouping === "traceback") {
      this.data.framesOf(row.stacks[0]).forEach((frame) => { lit[frame] = 1; });
    } else {
      lit.forEach((_, frame) => { lit[frame] = this.keyOf(grouping, frame) === row.key ? 1 : 0; });
    }
    return lit;
  }
}
