// SPDX-License-Identifier: Apache-2.0
// How far sums of estimates may be off: the jackknife of userspace/model/estimate_error.h.

const REPLICATES = 20;
const LEAST_DEGREES = 2;
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
      return this.halfWidth(this.spread(sums(side)));
    }
    const [now, before] = [sums("new"), sums("old")];
    return this.halfWidth(this.sameSession
      ? this.spread(now.map((value, i) => value - before[i]))
      : this.both(this.spread(now), this.spread(before)));
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

  // The variance, and the degrees of freedom that it is known with.
  spread(values) {
    const most = values.length - 1;
    const off = Array.from(values, (value) => value - values[0]);
    const mean = off.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = off.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const fourths = off.reduce((sum, value) => sum + (value - mean) ** 4, 0);
    const degrees = fourths > 0 ? 3 * squares ** 2 / fourths - 3.5 : most;
    return {
      variance: (most / values.length) * squares,
      degrees: Math.min(Math.max(degrees, LEAST_DEGREES), most),
    };
  }

  // Of sums that have nothing to do with each other.
  both(one, other) {
    const variance = one.variance + other.variance;
    if (variance === 0) {
      return one;
    }
    const share = one.variance / variance;
    return { variance, degrees: 1 / (share ** 2 / one.degrees + (1 - share) ** 2 / other.degrees) };
  }

  halfWidth({ variance, degrees }) {
    const student = 1.96 + (2.37 + (2.82 + 3.6 / degrees) / degrees) / degrees;
    const width = student * Math.sqrt(variance);
    return width < NOISE ? 0 : Math.ceil(width);
  }

  // What stands behind the sum: " \u00b110.0 KiB", " \u00b112"; "" where it is exact.
  text(stacks, metric, side) {
    const error = this.of(stacks, metric, side);
    return error === 0 ? "" : ` \u00b1${metric === "size" ? formatSize(error) : formatNumber(error)}`;
  }
}
