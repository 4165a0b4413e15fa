# SPDX-License-Identifier: Apache-2.0
"""Views of large snapshots, beside tracemalloc's on the newest Python."""
import sys

import report
from part import Bench
from view_time import ViewTime


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    newest = bench.newest()
    name = newest.describe()
    print(f"views: {name}", file=sys.stderr, flush=True)
    views = ViewTime(bench.tmbpf.binary, newest.path, bench.folder, bench.extent.viewed_traces)
    views.measure(bench.extent.view_rounds)
    print(f"== Views, and those of {name}\n")
    report.print_views(views)
    bench.result["views"] = {"name": name, **views.as_json()}
    bench.result["goals"] += views.goals()
