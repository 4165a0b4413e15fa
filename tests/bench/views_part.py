# SPDX-License-Identifier: Apache-2.0
"""Views of large snapshots, beside tracemalloc's on the newest Python."""
import functools

import report
from extent import Extent
from part import Bench
from plan import Step
from view_time import GOAL_TRACES, MAKING, VIEWS, ViewTime

MAKING_SECONDS = 18  # of GOAL_TRACES
VIEW_SECONDS = 10  # a view, one round


def plan(extent: Extent, _modes: tuple) -> list:
    share, what = extent.viewed_traces / GOAL_TRACES, what_of(extent)
    views = [Step("views", what, "others", view.name, extent.view_rounds, share * VIEW_SECONDS * extent.view_rounds)
             for view in VIEWS]
    return [Step("views", what, "others", MAKING, 1, share * MAKING_SECONDS), *views]


def what_of(extent: Extent) -> str:
    return f"{extent.viewed_traces:,} traces"


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    newest = bench.newest()
    name = newest.describe()
    views = ViewTime(bench.tmbpf.binary, newest.path, bench.folder, bench.extent.viewed_traces)
    views.measure(bench.extent.view_rounds, functools.partial(bench.progress.doing, "views", what_of(bench.extent)))
    print(f"== Views, and those of {name}\n")
    report.print_views(views)
    bench.result["views"] = {"name": name, **views.as_json()}
    bench.result["goals"] += views.goals()
