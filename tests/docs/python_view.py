# SPDX-License-Identifier: Apache-2.0
"""What Python's own tracemalloc computes for a view of snapshots."""
import argparse
import array
import dataclasses
import functools
import os
import pickle
import tracemalloc

import view_options
from snapshot_files import COPIES


@dataclasses.dataclass
class Row:
    """Of a table of statistics: frames are (file, line), the oldest first."""
    frames: tuple
    size: int
    count: int
    size_diff: int
    count_diff: int

    @property
    def average(self) -> float:
        return self.size / self.count if self.count else 0


@dataclasses.dataclass
class View:
    """A file as the options want it."""
    name: str
    snapshot: tracemalloc.Snapshot
    sums: tuple  # bytes and blocks
    hidden: tuple  # likewise, of what is left out
    facts: dict  # of pytracemalloc 0.9


@functools.lru_cache(maxsize=None)
def load(path: str) -> tuple:
    """The snapshot and what else is known."""
    folder, name = os.path.split(path)
    with open(os.path.join(folder, COPIES.get(name, name)), "rb") as file:
        content = pickle.load(file)
    if isinstance(content, tracemalloc.Snapshot):
        return content, {}
    traces = []
    for filename, lines in content["stats"].items():
        for line, (size, count) in lines.items():
            traceback = ((filename, line or 0),)
            traces += [(0, size // count + (i < size % count), traceback, 1) for i in range(count)]
    return tracemalloc.Snapshot(traces, 1), content


def sums_of(traces: list) -> tuple:
    return sum(trace[1] for trace in traces), len(traces)


def raw(snapshot: tracemalloc.Snapshot) -> list:
    return snapshot.traces._traces  # pylint: disable=protected-access


def open_view(folder: str, name: str, options: argparse.Namespace) -> View:
    whole, facts = load(os.path.join(folder, name))
    some = whole
    wanted = view_options.filters(options)
    if options.block is not None:
        addresses = array.array("Q", whole.tmbpf_addresses)
        some = tracemalloc.Snapshot([trace for trace, address in zip(raw(whole), addresses)
                                     if 0 <= options.block - address < max(trace[1], 1)], whole.traceback_limit)
    some = some.filter_traces(wanted) if wanted else some  # which loses the attributes
    sums = sums_of(raw(some))
    hidden = tuple(all_of - shown for all_of, shown in zip(sums_of(raw(whole)), sums))
    return View(name, some, sums, hidden, facts)


def open_views(folder: str, options: argparse.Namespace) -> list:
    """Each with the one that it is compared with, or None."""
    views = [open_view(folder, name, options) for name in dict.fromkeys(options.files)]
    if options.command == "diff":
        return [(views[1], views[0])]
    if all(view.facts for view in views):
        views.sort(key=lambda view: view.facts["timestamp"])
    return [(view, views[0 if options.first else i - 1] if i else None) for i, view in enumerate(views)]


def rows(view: View, old: "View | None", options: argparse.Namespace) -> list:
    arguments = options.group_by, options.cumulative
    if old is None:
        found = [Row(frames(each), each.size, each.count, 0, 0) for each in view.snapshot.statistics(*arguments)]
    else:
        found = [Row(frames(each), each.size, each.count, each.size_diff, each.count_diff)
                 for each in view.snapshot.compare_to(old.snapshot, *arguments)]
    if options.sort:
        found.sort(key=lambda row: getattr(row, options.sort.replace("-", "_")), reverse=True)
    return found


def frames(statistic: "tracemalloc.Statistic | tracemalloc.StatisticDiff") -> tuple:
    return tuple((frame.filename, frame.lineno) for frame in statistic.traceback)
