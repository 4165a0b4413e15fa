# SPDX-License-Identifier: Apache-2.0
"""What tmbpf's views are measured against: the same view by stdlib tracemalloc.

view_peer.py GROUP_BY LIMIT SNAPSHOT [NEWER]: one JSON object, the statistics as `tmbpf --json` writes
them and what the loading and the view took, in seconds.
"""
import json
import sys
import time
import tracemalloc


def row(statistic: object) -> dict:
    frames = [[frame.filename, frame.lineno] for frame in statistic.traceback]
    values = {key: getattr(statistic, key) for key in ("size", "count", "size_diff", "count_diff")
              if hasattr(statistic, key)}
    return {"traceback": frames, **values}


def main() -> None:
    group_by, limit, *paths = sys.argv[1:]
    begin = time.perf_counter()
    snapshots = [tracemalloc.Snapshot.load(path) for path in paths]
    loaded = time.perf_counter()
    if len(snapshots) == 2:
        statistics = snapshots[1].compare_to(snapshots[0], group_by)
    else:
        statistics = snapshots[0].statistics(group_by)
    viewed = time.perf_counter()
    json.dump({"statistics": [row(each) for each in statistics[:int(limit)]],
               "load": loaded - begin, "view": viewed - loaded}, sys.stdout)


if __name__ == "__main__":
    main()
