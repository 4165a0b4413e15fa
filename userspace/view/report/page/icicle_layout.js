// SPDX-License-Identifier: Apache-2.0
// Where the boxes of the graph lie: the root on top, the widest child to the left. Only boxes of at
// least one pixel are made, however many nodes there are.

class IcicleLayout {
  constructor(tree, widths) {
    this.tree = tree;
    this.widths = widths;
    this.sorted = new Map();
  }

  // Widest first; those without width are left out.
  childrenOf(node) {
    let children = this.sorted.get(node);
    if (children === undefined) {
      const widths = this.widths;
      children = this.tree.childrenOf(node).filter((child) => widths[child] > 0)
        .sort((left, right) => widths[right] - widths[left] || left - right);
      this.sorted.set(node, children);
    }
    return children;
  }

  // Rows from the top, each a list of boxes {node, x, width} from the left. Ancestors of `zoomed`
  // are as wide as it.
  rows(zoomed, width) {
    const rows = this.tree.pathTo(zoomed).map((node) => [{ node, x: 0, width }]);
    if (!(this.widths[zoomed] > 0)) {
      return rows;
    }
    let row = rows[rows.length - 1];
    while (row.length > 0) {
      const below = [];
      for (const box of row) {
        this.addChildren(box, below);
      }
      if (below.length > 0) {
        rows.push(below);
      }
      row = below;
    }
    return rows;
  }

  addChildren(box, row) {
    const scale = box.width / this.widths[box.node];
    let x = box.x;
    for (const node of this.childrenOf(box.node)) {
      const width = this.widths[node] * scale;
      if (width < 1) {
        break;
      }
      row.push({ node, x, width });
      x += width;
    }
  }
}
