// SPDX-License-Identifier: Apache-2.0
// The report's data, as report_data.h describes it, in typed arrays. What was not kept one by one
// becomes one more stack of one made-up frame, so that sums over all stacks are the totals.

class ReportData {
  constructor(json) {
    this.title = json.title;
    this.snapshots = json.snapshots;
    this.compared = json.snapshots.length > 1;
    this.strings = json.strings;
    this.keptStacks = (json.stacks.node ?? []).length;
    this.otherStacks = json.others.stacks;
    this.othersFrame = -1;
    const columns = { ...json.frames, ...json.nodes };
    const stacks = { node: [], hidden: [], size: [], count: [], ...json.stacks };
    stacks.oldSize ??= [];
    stacks.oldCount ??= [];
    stacks.replicates ??= [];
    stacks.oldReplicates ??= [];
    if (this.otherStacks > 0) {
      this.addOthers(columns, stacks, json.others);
    }
    this.errors = new EstimateErrors(stacks.replicates, stacks.oldReplicates, json.sameSession);
    this.allStacks = Uint32Array.from(stacks.node, (_, stack) => stack);
    this.file = Uint32Array.from(columns.file);
    this.line = Uint32Array.from(columns.line);
    this.functions = Uint32Array.from(columns.function);
    this.source = Uint32Array.from(columns.source);
    this.parent = Int32Array.from(columns.parent);
    this.frame = Uint32Array.from(columns.frame);
    this.end = Uint32Array.from(stacks.node);
    this.hidden = Uint32Array.from(stacks.hidden);
    this.sums = {};
    for (const name of ["size", "count", "oldSize", "oldCount"]) {
      this.sums[name] = new Float64Array(this.end.length);
      this.sums[name].set(stacks[name]);
    }
  }

  addOthers(columns, stacks, others) {
    this.othersFrame = columns.file.length;
    const many = others.stacks === 1 ? "1 smaller traceback" : `${formatNumber(others.stacks)} smaller tracebacks`;
    this.strings.push(`(${many})`);
    columns.file.push(0);
    columns.line.push(0);
    columns.function.push(this.strings.length - 1);
    columns.source.push(0);
    columns.parent.push(-1);
    columns.frame.push(this.othersFrame);
    stacks.node.push(columns.frame.length - 1);
    stacks.hidden.push(0);
    for (const name of ["size", "count", "oldSize", "oldCount"]) {
      stacks[name].push(others[name]);
    }
    if (others.replicates) {
      stacks.replicates[stacks.node.length - 1] = others.replicates;
      stacks.oldReplicates[stacks.node.length - 1] = others.oldReplicates;
    }
  }

  get frameCount() {
    return this.file.length;
  }

  get stackCount() {
    return this.end.length;
  }

  fileOf(frame) {
    return this.strings[this.file[frame]];
  }

  functionOf(frame) {
    return this.strings[this.functions[frame]];
  }

  sourceOf(frame) {
    return this.strings[this.source[frame]];
  }

  // Oldest first.
  framesOf(stack) {
    const frames = [];
    for (let node = this.end[stack]; node >= 0; node = this.parent[node]) {
      frames.push(this.frame[node]);
    }
    return frames.reverse();
  }

  siteOf(stack) {
    return this.frame[this.end[stack]];
  }

  // One for each frame: 1 where file or function matches.
  framesMatching(pattern) {
    const known = new Map();
    const matches = (text) => {
      if (!known.has(text)) {
        known.set(text, pattern.matches(this.strings[text]) ? 1 : 0);
      }
      return known.get(text);
    };
    return Uint8Array.from(this.file, (file, frame) => matches(file) || matches(this.functions[frame]));
  }
}
