// SPDX-License-Identifier: Apache-2.0
// Finds functions and files in the graph, and says how much of all is in stacks that have them.

class FrameSearch {
  constructor(data) {
    this.data = data;
    this.pattern = new NamePattern("");
    this.frames = null;
  }

  // By a 1 for each matching frame; null: nothing is searched.
  find(text) {
    this.pattern = new NamePattern(text);
    this.frames = this.pattern.empty ? null : this.data.framesMatching(this.pattern);
    return this.frames;
  }

  // A stack counts once, however many of its frames match.
  matchedText(tree, measure) {
    if (!this.frames) {
      return "";
    }
    const values = measure.widths(tree);
    const within = new Uint8Array(tree.size);
    let matched = 0;
    for (let node = 1; node < tree.size; ++node) {
      within[node] = within[tree.parent[node]];
      if (!within[node] && this.frames[tree.frame[node]]) {
        within[node] = 1;
        matched += values[node];
      }
    }
    return matched > 0 ? `${formatShare(matched, values[0])}, ${formatMetric(measure.metric, matched)}` : "no match";
  }
}
