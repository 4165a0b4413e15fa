# SPDX-License-Identifier: Apache-2.0
"""What the workloads' measurements say: tables, --json, goals."""
from collections.abc import Iterator

from columns import DEEP_FRAMES, kind_of
from configuration import BUDGETS, TRACEMALLOC, with_budget, with_frames
from goal import Goal
from part import Bench
from spread import Spread
from table import print_table
from workload_cost import having, mean_ratio, worst

SAMPLED_GOAL = 1.02
SAMPLED_ROUNDS, SAMPLED_SECONDS = 5, 20  # fewer do not tell
BUDGET_MARGIN = 2  # points
BUDGET_SECONDS = 4
UNKNOWN = "unknown"


def print_costs(costs: list, columns: list) -> None:
    """`columns`: of all workloads; not each has all."""
    print("CPU time of a turn by that of the untraced turns before and after it: median of the rounds "
          "(lowest..highest).\nuntraced again: those after by those before, how far from 1 a ratio is by chance\n")
    configurations = list(dict.fromkeys(column.configuration for column in columns))
    for kind in dict.fromkeys(map(kind_of, configurations)):
        names = [each.name for each in configurations if kind_of(each) == kind]
        rows = [(one.name, f"{one.untraced().median / 1e6:.2f}", one.again().text(2),
                 *(text_of(one.ratio(name) if one.samples.get(name) else None) for name in names))
                for one in having_any(costs, names)]
        rows.append(("geometric mean", "", "", *(text_of(mean_ratio(costs, name)) for name in names)))
        print_table(("workload", "untraced ms", "untraced again", *names), rows)
        if kind == "auto":
            print_sessions(having_any(costs, names), names)
    lost = [f"{one.name}, {name}: {lost} lost events" for one in costs for name, lost in one.lost.items()]
    print("\n".join(lost or ["No event was lost."]), end="\n\n")


def having_any(costs: list, names: list) -> list:
    return [one for one in costs if any(one.samples.get(name) for name in names)]


def text_of(ratio: "Spread | None") -> str:
    return ratio.text(2) if ratio else "-"


def print_sessions(costs: list, names: list) -> None:
    print("auto at the end: how it traces, the slowdown that it says it is; what it cost while it settled (wall time)")
    rows = []
    for one in costs:
        cells = []
        for name in names:
            settle = [f"{sample['settle_ratio']:.2f}x" for sample in one.samples[name] if sample["settle_ratio"]]
            cells.append(", ".join([*dict.fromkeys(map(session_text, one.sessions(name))), *settle]))
        rows.append((one.name, *cells))
    print_table(("workload", *names), rows)


def session_text(session: dict) -> str:
    slowdown = session.get("slowdown")
    said = f"{100 * slowdown:.1f} %" if isinstance(slowdown, (int, float)) else UNKNOWN
    steps = session.get("steps")
    taken = f"{len(steps)} steps" if isinstance(steps, list) else f"{UNKNOWN} steps"
    return f"{session.get('method', UNKNOWN)}, {said}, {taken}"


def as_json(costs: list) -> dict:
    names = list(dict.fromkeys(name for one in costs for name in one.samples))
    return {"workloads": {one.name: one.as_json() for one in costs},
            "geometric means": {name: mean_ratio(costs, name) for name in names}}


def goals(costs: list, bench: Bench) -> list:
    return [*mean_goals(costs, bench), sampled_goal(costs, bench),
            *(budget_goal(costs, budget, bench) for budget in BUDGETS)]


def mean_goals(costs: list, bench: Bench) -> Iterator:
    against = [("exact", frames, TRACEMALLOC[frames].name, 1.0) for frames in (25, DEEP_FRAMES)]
    against += [("live", 1, with_frames("exact", 1).name, 0.6), ("live", 1, TRACEMALLOC[1].name, 2.5)]
    for mode, frames, base, limit in against:
        name = with_frames(mode, frames).name
        measured = having(costs, name, base)
        which = f" of {len(measured)} workloads" if measured else ""
        deep = " with deep stacks" if measured and frames == DEEP_FRAMES and len(measured) < len(costs) else ""
        yield Goal(f"{name} / {base}, geometric mean{which}{deep}", mean_ratio(costs, name, base), limit, "x",
                   doubt="" if measured else bench.unmeasured(mode))


def sampled_goal(costs: list, bench: Bench) -> Goal:
    """The slowest workload at the depth at which it is slowest, of what had all rounds."""
    what = "sampled / untraced"
    rounds, seconds = bench.extent.sampled_rounds, bench.extent.sampled_seconds
    spreads = [(one.ratio(name), one.name, name) for one in costs for name, samples in one.samples.items()
               if name.startswith("sampled") and len(samples) == rounds]
    if not spreads:
        return Goal(f"{what}, every workload", None, SAMPLED_GOAL, "x", doubt=bench.unmeasured("sampled"))
    slowest = max(spreads, key=lambda each: each[0].median)
    enough = rounds >= SAMPLED_ROUNDS and seconds >= SAMPLED_SECONDS
    count = len({workload for _, workload, _ in spreads})
    return Goal(f"{what}, the slowest of {count} workloads ({slowest[1]}, {slowest[2]})", slowest[0], SAMPLED_GOAL,
                "x", digits=3, doubt="" if enough else f"{rounds} x {seconds:g} s is too short")


def budget_goal(costs: list, budget: int, bench: Bench) -> Goal:
    name = with_budget(budget).name
    limit = budget + BUDGET_MARGIN
    slowest = worst(costs, name)
    if not slowest:
        return Goal(f"{name}: slowdown of every workload", None, limit, " %", doubt=bench.unmeasured("auto"))
    percent = Spread.of([(ratio - 1) * 100 for ratio in slowest.ratios(name)])
    seconds = bench.extent.auto_seconds
    return Goal(f"{name}: slowdown of the slowest of {len(having(costs, name))} workloads ({slowest.name})", percent,
                limit, " %", digits=1, doubt="" if seconds >= BUDGET_SECONDS else f"{seconds:g} s are too short")
