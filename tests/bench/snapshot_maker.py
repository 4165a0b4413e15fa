# SPDX-License-Identifier: Apache-2.0
"""Writes the two snapshots that the views are measured on: OLD.pickle NEW.pickle TRACES.

They are what tracemalloc.take_snapshot().dump() of a large program gives, down to which objects are
shared (Modules/_tracemalloc.c, CPython 3.11: one tuple for each different traceback, but new frames in
it). How much is shared follows what CPython 3.11 and 3.13 had that imported, parsed and kept 1.4 million
blocks: one traceback per 130 to 170 traces; 83 to 89 per cent of the traces at 10 tracebacks, 98 at 100;
70 per cent as many lines as tracebacks; one size at 70 per cent of them, two at 15, 3 on average. Traces
that are spread over more tracebacks slow Python down two times and more, by what its caches miss, and us
less. The same arguments give the same snapshots.
"""
import itertools
import random
import sys
import tracemalloc

SEED = 20
FRAMES = 25
TRACES_PER_TRACEBACK = 100
FILES = 800
LINES = 2000  # of a file
CALL_SITES_PER_TRACEBACK = 1.2  # of which 70 per cent are some traceback's most recent frame
OUTERMOST_CALLS = 4  # from there to the last frame the call tree widens evenly
FLATTENING = 3  # the n-th traceback has traces as 1 / (n + this)²
BLOCK_SIZES = (16, 24, 32, 48, 56, 64, 72, 80, 104, 128, 232, 552)
MANY_SIZES = range(33, 8192)
FREED_LATER = 0.05
ALLOCATED_LATER = 0.1
GROWING = 0.1  # of the tracebacks
NEW_TRACEBACKS = 0.02


class SnapshotMaker:
    def __init__(self, traces: int) -> None:
        self._random = random.Random(SEED)
        self._traces = traces
        count = traces // TRACES_PER_TRACEBACK
        self._known = count - int(count * NEW_TRACEBACKS)  # those that the older snapshot has, too
        self._stacks = self._call_stacks(count)
        self._sizes = [self._sizes_of_stack() for _ in range(count)]

    def older(self) -> list:
        """Trace tuples: domain, size, frames with the most recent first, number of frames."""
        return self._draw(range(self._known), self._traces)

    def newer(self, older: list) -> list:
        known = self._random.sample(range(self._known), int(self._known * GROWING))
        new = range(self._known, len(self._stacks))
        kept = [trace for trace in older if self._random.random() >= FREED_LATER]
        return kept + self._draw([*known, *new], int(self._traces * ALLOCATED_LATER))

    def _call_stacks(self, count: int) -> list:
        files = [f"/srv/app/lib/python3/site-packages/package{i // 20}/module{i}.py" for i in range(FILES)]
        sites = [(self._random.choice(files), self._random.randrange(1, LINES))
                 for _ in range(int(count * CALL_SITES_PER_TRACEBACK))]
        stacks: list = [()]
        for depth in range(FRAMES):
            width = int(OUTERMOST_CALLS * (count / OUTERMOST_CALLS) ** (depth / (FRAMES - 1)) + 0.5)
            stacks = [(self._random.choice(sites), *self._random.choice(stacks)) for _ in range(width)]
        return [tuple((file, line) for file, line in stack) for stack in stacks]

    def _sizes_of_stack(self) -> "list | range":
        kind = self._random.random()
        if kind < 0.85:
            return self._random.sample(BLOCK_SIZES, 1 if kind < 0.7 else 2)
        return MANY_SIZES

    def _draw(self, stacks: "list | range", count: int) -> list:
        """Traces of all of these stacks; the first have most."""
        weights = itertools.accumulate((i + FLATTENING) ** -2.0 for i in range(len(stacks)))
        drawn = self._random.choices(stacks, cum_weights=list(weights), k=count)
        for place, stack in zip(self._random.sample(range(count), len(stacks)), stacks):
            drawn[place] = stack
        return [(0, self._random.choice(self._sizes[i]), self._stacks[i], FRAMES) for i in drawn]


def dump(traces: list, path: str) -> None:
    tracemalloc.Snapshot(traces, FRAMES).dump(path)


def main() -> None:
    older_path, newer_path, traces = sys.argv[1:]
    maker = SnapshotMaker(int(traces))
    older = maker.older()
    dump(older, older_path)
    dump(maker.newer(older), newer_path)


if __name__ == "__main__":
    main()
