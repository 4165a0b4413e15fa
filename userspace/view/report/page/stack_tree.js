// SPDX-License-Identifier: Apache-2.0
// All stacks as one tree; node 0 is the root, which has no frame, and a parent stands before its
// children. The stacks at and below a node are a run of `order`, so no node keeps a list.

class StackTree {
  // parent and frame per node; end per stack: the node at which its path ends.
  constructor(data, parent, frame, end) {
    this.parent = parent;
    this.frame = frame;
    this.end = end;
    this.size = parent.length;
    this.depth = new Uint32Array(this.size);
    for (let node = 1; node < this.size; ++node) {
      this.depth[node] = this.depth[parent[node]] + 1;
    }
    this.linkChildren();
    this.orderStacks();
    this.addSums(data.sums);
  }

  static oldestFirst(data) {
    const count = data.parent.length + 1;
    const parent = new Int32Array(count);
    const frame = new Uint32Array(count);
    for (let node = 1; node < count; ++node) {
      parent[node] = data.parent[node - 1] + 1;
      frame[node] = data.frame[node - 1];
    }
    parent[0] = -1;
    return new StackTree(data, parent, frame, data.end.map((node) => node + 1));
  }

  // Inverted: the allocation site is next to the root, its callers follow.
  static siteFirst(data) {
    const known = new Map();
    const parent = [-1];
    const frame = [0];
    const end = new Uint32Array(data.stackCount);
    for (let stack = 0; stack < data.stackCount; ++stack) {
      let place = 0;
      for (let node = data.end[stack]; node >= 0; node = data.parent[node]) {
        const key = place * data.frameCount + data.frame[node];
        let child = known.get(key);
        if (child === undefined) {
          child = parent.length;
          known.set(key, child);
          parent.push(place);
          frame.push(data.frame[node]);
        }
        place = child;
      }
      end[stack] = place;
    }
    return new StackTree(data, Int32Array.from(parent), Uint32Array.from(frame), end);
  }

  linkChildren() {
    this.childStart = new Uint32Array(this.size + 1);
    for (let node = 1; node < this.size; ++node) {
      ++this.childStart[this.parent[node] + 1];
    }
    for (let node = 0; node < this.size; ++node) {
      this.childStart[node + 1] += this.childStart[node];
    }
    const next = this.childStart.slice();
    this.childList = new Uint32Array(this.size);
    for (let node = 1; node < this.size; ++node) {
      this.childList[next[this.parent[node]]++] = node;
    }
  }

  childrenOf(node) {
    return this.childList.subarray(this.childStart[node], this.childStart[node + 1]);
  }

  orderStacks() {
    const own = new Uint32Array(this.size);
    this.end.forEach((node) => ++own[node]);
    this.stackCount = own.slice();
    for (let node = this.size - 1; node > 0; --node) {
      this.stackCount[this.parent[node]] += this.stackCount[node];
    }
    // A node's own stacks come first, then those of each child.
    this.stackStart = new Uint32Array(this.size);
    const next = new Uint32Array(this.size);
    next[0] = own[0];
    for (let node = 1; node < this.size; ++node) {
      this.stackStart[node] = next[this.parent[node]];
      next[this.parent[node]] += this.stackCount[node];
      next[node] = this.stackStart[node] + own[node];
    }
    const free = this.stackStart.slice();
    this.order = new Uint32Array(this.end.length);
    this.end.forEach((node, stack) => {
      this.order[free[node]++] = stack;
    });
  }

  stacksAt(node) {
    return this.order.subarray(this.stackStart[node], this.stackStart[node] + this.stackCount[node]);
  }

  // Besides the data's own sums: sizeChange and countChange, of what changed whichever way.
  addSums(sums) {
    this.sums = {};
    for (const name of Object.keys(sums)) {
      this.sums[name] = this.summed((stack) => sums[name][stack]);
    }
    this.sums.sizeChange = this.summed((stack) => Math.abs(sums.size[stack] - sums.oldSize[stack]));
    this.sums.countChange = this.summed((stack) => Math.abs(sums.count[stack] - sums.oldCount[stack]));
  }

  summed(valueOf) {
    const sum = new Float64Array(this.size);
    this.end.forEach((node, stack) => {
      sum[node] += valueOf(stack);
    });
    for (let node = this.size - 1; node > 0; --node) {
      sum[this.parent[node]] += sum[node];
    }
    return sum;
  }

  amountsOf(node) {
    const { size, count, oldSize, oldCount } = this.sums;
    return { size: size[node], count: count[node], oldSize: oldSize[node], oldCount: oldCount[node] };
  }

  // From the root to the node, both included.
  pathTo(node) {
    const path = [];
    for (; node >= 0; node = this.parent[node]) {
      path.push(node);
    }
    return path.reverse();
  }

  // The deepest node that has all these stacks.
  commonNode(stacks) {
    let common = this.end[stacks[0]];
    for (const stack of stacks) {
      let node = this.end[stack];
      while (node !== common) {
        if (this.depth[node] >= this.depth[common]) {
          node = this.parent[node];
        } else {
          common = this.parent[common];
        }
      }
    }
    return common;
  }
}
