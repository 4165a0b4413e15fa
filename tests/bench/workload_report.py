# SPDX-License-Identifier: Apache-2.0
"""What the workloads' measurements say: tables, --json, goals."""
from configuration import BUDGETS, TRACEMALLOC, with_budget, with_frames
from goal import Goal
from part import Bench
from report import print_table
from spread import Spread
from workload_cost import mean_ratio, worst

SAMPLED_GOAL = 1.02
BUDGET_MARGIN = 2  # points


def print_costs(costs: list, configurations: list) -> None:
    print("CPU time of a turn by that of the untraced turns around it: median of the rounds (lowest..highest)\n")
    for kind in dict.fromkeys(map(kind_of, configurations)):
        columns = [each for each in configurations if kind_of(each) == kind]
        rows = [(one.name, f"{untraced_ms(one):.2f}", *(one.ratio(each.name).text(2) for each in columns))
                for one in costs]
        rows.append(("geometric mean", "", *(mean_ratio(costs, each.name).text(2) for each in columns)))
        print_table(("workload", "untraced ms", *(each.name for each in columns)), rows)
        if kind == "auto":
            print("The mode that auto was in at the end")
            print_table(("workload", *(each.name for each in columns)),
                        [(one.name, *(one.modes(each.name) for each in columns)) for one in costs])
    lost = [f"{one.name}, {name}: {lost} lost events" for one in costs for name, lost in one.lost.items()]
    print("\n".join(lost or ["No event was lost."]), end="\n\n")


def kind_of(configuration: object) -> str:
    """Those of one kind are columns of one table."""
    return configuration.mode or "others"


def untraced_ms(cost: object) -> float:
    return Spread.of([sample["untraced_cpu"] for samples in cost.samples.values() for sample in samples]).median / 1e6


def as_json(costs: list) -> dict:
    return {"workloads": {one.name: one.as_json() for one in costs},
            "geometric means": {name: mean_ratio(costs, name) for name in costs[0].samples}}


def goals(costs: list, bench: Bench) -> list:
    def mean(mode: str, frames: int, base: str) -> "Spread | None":
        name = with_frames(mode, frames).name
        known = costs[0].samples
        return mean_ratio(costs, name, base) if name in known and base in known else None

    against = [("exact", frames, TRACEMALLOC[frames].name, 1.0) for frames in (25, 100)]
    against += [("live", 1, with_frames("exact", 1).name, 0.6), ("live", 1, TRACEMALLOC[1].name, 2.5)]
    return [*(Goal(f"{mode} {frames} / {base}, geometric mean of the workloads", mean(mode, frames, base), limit, "x",
                   without=bench.unmeasured(mode)) for mode, frames, base, limit in against),
            sampled_goal(costs, bench), *(budget_goal(costs, budget, bench) for budget in BUDGETS)]


def sampled_goal(costs: list, bench: Bench) -> Goal:
    """The slowest workload at the depth at which it is slowest."""
    spreads = [(worst(costs, name).ratio(name), worst(costs, name).name, name)
               for name in costs[0].samples if name.startswith("sampled")]
    if not spreads:
        return Goal("sampled, every workload / untraced", None, SAMPLED_GOAL, "x", digits=3,
                    without=bench.unmeasured("sampled"))
    slowest = max(spreads, key=lambda each: each[0].median)
    return Goal(f"sampled / untraced, the slowest workload ({slowest[1]}, {slowest[2]})", slowest[0], SAMPLED_GOAL,
                "x", digits=3)


def budget_goal(costs: list, budget: int, bench: Bench) -> Goal:
    name = with_budget(budget).name
    limit = budget + BUDGET_MARGIN
    if name not in costs[0].samples:
        return Goal(f"{name}: slowdown of every workload", None, limit, " %", without=bench.unmeasured("auto"))
    slowest = worst(costs, name)
    percent = Spread.of([(ratio - 1) * 100 for ratio in slowest.ratios(name)])
    return Goal(f"{name}: slowdown of the slowest workload ({slowest.name})", percent, limit, " %", digits=1)
