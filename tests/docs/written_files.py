# SPDX-License-Identifier: Apache-2.0
"""Whether `tmbpf convert` and `tmbpf report` wrote what Python's tracemalloc has in the same snapshot."""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import tracemalloc

import doc_page
import python_view

FOR_OTHERS = (".json", ".speedscope.json", ".csv", ".folded", ".count.folded")
READER = os.path.join(doc_page.ROOT, "tests", "unit", "files_by_python.py")


def require_equal(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: {found!r:.300} != {expected!r:.300}")


def traces_of(snapshot: tracemalloc.Snapshot) -> list:
    return python_view.raw(snapshot)


def require_pickle(path: str, expected: tracemalloc.Snapshot, compat: str) -> None:
    written = tracemalloc.Snapshot.load(path)
    fields = {"3.9": slice(0, 4), "3.6": slice(0, 3), "3.4": slice(1, 3)}[compat]
    in_order = isinstance(vars(expected).get("tmbpf_addresses"), bytes)
    sort = list if in_order else sorted  # equal ones may have come together
    require_equal(sort(traces_of(written)), sort(trace[fields] for trace in traces_of(expected)), path)
    require_equal(written.traceback_limit, expected.traceback_limit, path)
    require_equal(vars(written).get("tmbpf_addresses"), vars(expected).get("tmbpf_addresses"), path)


def require_profile(tmbpf: str, path: str, expected: tracemalloc.Snapshot) -> None:
    done = subprocess.run([tmbpf, "stats", "--json", "--group-by", "traceback", "--limit", "0", path],
                          stdout=subprocess.PIPE, check=True)
    found = [(row["size"], row["count"], row["traceback"]) for row in json.loads(done.stdout)["statistics"]]
    sums = [(each.size, each.count, [[frame.filename, frame.lineno] for frame in each.traceback])
            for each in expected.statistics("traceback")]
    require_equal(found, sums, path)


def require_for_others(convert: list, path: str, expected: tracemalloc.Snapshot) -> None:
    """Together with all other formats of its kind, which must tell the same; convert: without the path."""
    ending = max((each for each in FOR_OTHERS if path.endswith(each)), key=len)
    with tempfile.TemporaryDirectory() as folder:
        base = os.path.join(folder, "x")
        for each in (*FOR_OTHERS, ".pickle"):
            subprocess.run([*convert, base + each], stdout=subprocess.DEVNULL, check=True)
        with open(path, "rb") as file, open(base + ending, "rb") as same:
            require_equal(file.read(), same.read(), path)
        read = subprocess.run([sys.executable, "-B", READER, base], stdout=subprocess.PIPE, text=True, check=True)
        require_equal(int(read.stdout), len(expected.traces), path)
        require_pickle(base + ".pickle", expected, "3.9")
        if path.endswith(".json"):
            with open(path, encoding="utf-8") as file:
                require_equal(json.load(file)["traceback_limit"], expected.traceback_limit, path)


def require_report(path: str, origins: list) -> None:
    """The data within the page: origins are the new snapshot and, if there is one, the old."""
    with open(path, encoding="utf-8") as file:
        data = json.loads(re.search(r'<script id="report-data" type="application/json">(.*?)</script>',
                                    file.read(), re.S).group(1))
    snapshots = [python_view.load(origin)[0] for origin in origins]
    for shown, snapshot in zip(data["snapshots"], snapshots, strict=True):
        sums = python_view.sums_of(traces_of(snapshot))
        require_equal((shown["size"], shown["count"], shown["limit"]), (*sums, snapshot.traceback_limit), path)
    for size, count, snapshot in zip(("size", "oldSize"), ("count", "oldCount"), snapshots):
        expected = {tuple((frame.filename, frame.lineno) for frame in each.traceback): (each.size, each.count)
                    for each in snapshot.statistics("traceback")}
        found = {key: sums for key, sums in sums_by_traceback(data, size, count).items() if sums != (0, 0)}
        require_equal(found, expected, path)


def sums_by_traceback(data: dict, size: str, count: str) -> dict:
    sums = collections.defaultdict(lambda: (0, 0))
    stacks = data["stacks"]
    for node, more, blocks in zip(stacks["node"], stacks[size], stacks[count]):
        before = sums[frames_of(data, node)]
        sums[frames_of(data, node)] = (before[0] + more, before[1] + blocks)
    return sums


def frames_of(data: dict, node: int) -> tuple:
    """Of a node and those above it: the oldest first."""
    frames = []
    while node >= 0:
        frame = data["nodes"]["frame"][node]
        frames.append((data["strings"][data["frames"]["file"][frame]], data["frames"]["line"][frame]))
        node = data["nodes"]["parent"][node]
    return tuple(reversed(frames))
