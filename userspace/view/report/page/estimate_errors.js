// SPDX-License-Identifier: Apache-2.0
// How far sums of estimates may be off: the jackknife of userspace/model/estimate_error.h.

const REPLICATES = 20;
const STUDENT = 2.093;  // the 0.975 quantile of t with 19 degrees of freedom
const NOISE = 1e-3;  // sums that should be equal may differ in their last digits

class EstimateErrors {
  // replicates, oldReplicates: for each stack a pair, bytes and blocks by replicate; exact where there is none.
  constructor(replicates, oldReplicates, sameSession) {
    this.any = [replicates, oldReplicates].some((pairs) => pairs.some(Boolean));
    this.sameSession = sameSession;
    this.values = this.any ? { new: this.flat(replicates), old: this.flat(oldReplicates) } : {};
  }

  // One array: there may be many stacks.
  flat(pairs) {
    const values = new Float64Array(pairs.length * 2 * REPLICATES);
    pairs.forEach((pair, stack) => pair && values.set(pair.flat(), stack * 2 * REPLICATES));
    return values;
  }

  // Half of the width of the 95 % confidence interval of a sum over the stacks, each once; 0: exact.
  // side: "new", "old" or "difference".
  of(stacks, metric, side = "new") {
    if (!this.any) {
      return 0;
    }
    const sums = (which) => this.sums(stacks, metric, which);
    if (side !== "difference") {
      return this.halfWidth(this.variance(sums(side)));
    }
    const [now, before] = [sums("new"), sums("old")];
    return this.halfWidth(this.sameSession
      ? this.variance(now.map((value, i) => value - before[i]))
      : this.variance(now) + this.variance(before));
  }

  sums(stacks, metric, side) {
    const sums = new Float64Array(REPLICATES);
    const values = this.values[side];
    const first = metric === "size" ? 0 : REPLICATES;
    for (const stack of stacks) {
      const place = stack * 2 * REPLICATES + first;
      for (let i = 0; i < REPLICATES && place < values.length; ++i) {
        sums[i] += values[place + i];
      }
    }
    return sums;
  }

  variance(values) {
    const off = Array.from(values, (value) => value - values[0]);
    const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
    const squares = off.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return ((off.length - 1) / off.length) * squares;
  }

  halfWidth(variance) {
    const width = STUDENT * Math.sqrt(variance);
    return width < NOISE ? 0 : Math.ceil(width);
  }

  // What stands behind the sum: " \u00b110.0 KiB", " \u00b112"; "" where it is exact.
  text(stacks, metric, side) {
    const error = this.of(stacks, metric, side);
    return error === 0 ? "" : ` \u00b1${metric === "size" ? formatSize(error) : formatNumber(error)}`;
  }
}
