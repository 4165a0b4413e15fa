# SPDX-License-Identifier: Apache-2.0
"""What tracing the standard library's tests takes: in the target, in tmbpf, in the kernel."""
import functools

from configuration import TRACEMALLOC, UNTRACED, with_frames
from extent import Extent
from goal import Goal
from memory_cost import MemoryCost, MemoryRun
from part import Bench
from plan import Step
from side_by_side import LANES
from spread import Spread
from table import print_table

TRACER_GOAL = 15  # percent over the untraced target, tracer and kernel
TARGET_GOAL = 1  # percent that the target itself may grow by: a page here and there is noise
MIB = 1 << 20
PARTS = ("target", "tracer", "kernel")
WHAT = "the tests"
GOAL_MODES = ("exact", "live", "sampled")
# Of all tests, with the CPU time that tmbpf takes beside; of few of them a twelfth.
SECONDS = {"": 5, "exact": 85, "live": 70, "tracemalloc 1": 20, "tracemalloc 10": 86, "tracemalloc 100": 145}
FEW_SHARE = 1 / 12


def runs_of(extent: Extent, modes: tuple) -> list:
    untraced = MemoryRun(UNTRACED, base=UNTRACED.name, name=UNTRACED.name)
    again = f"untraced, {extent.sampled_tests:g} s"
    runs = [untraced]
    runs += [MemoryRun(TRACEMALLOC[frames], untraced.name, name=TRACEMALLOC[frames].name)
             for frames in extent.memory_peer_depths]
    for mode, depths in (("exact", extent.memory_depths), ("live", extent.memory_live_depths)):
        traced = [with_frames(mode, frames) for frames in depths if mode in modes]
        runs += [MemoryRun(each, untraced.name, name=each.name) for each in traced]
    if "sampled" in modes:
        runs.append(MemoryRun(UNTRACED, again, extent.sampled_tests, again))
        traced = [with_frames("sampled", frames) for frames in extent.memory_depths]
        runs += [MemoryRun(each, again, extent.sampled_tests, each.name) for each in traced]
    return runs


def plan(extent: Extent, modes: tuple) -> list:
    def seconds(run: MemoryRun) -> float:
        once = SECONDS.get(run.name, SECONDS.get(run.configuration.mode, SECONDS[""]))
        return max(run.seconds, once * (FEW_SHARE if extent.few_tests else 1)) + 1

    return [Step("memory", WHAT, run.configuration.mode or "others", run.name, extent.memory_rounds,
                 extent.memory_rounds * seconds(run) / LANES) for run in runs_of(extent, modes)]


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    python = bench.program_python()
    cost = MemoryCost(bench.tmbpf, python, runs_of(bench.extent, bench.modes), bench.extent.few_tests)
    cost.measure(bench.extent.memory_rounds, functools.partial(bench.progress.doing, "memory", WHAT))
    print(f"== Memory, on {bench.name_of(python)}\n")
    print_memory(cost)
    bench.result["memory"] = {"python": bench.name_of(python), "samples": cost.samples}
    bench.result["goals"] += goals(cost, bench)


def print_memory(cost: MemoryCost) -> None:
    print(f"{cost.tests} of the standard library's tests, each time in a process of its own; where seconds are named\n"
          "and when sampled, again and again for so long. MiB at the peak of each part: median (lowest..highest);\n"
          "target: resident; tracer: tmbpf's process; kernel: its maps; more: all of them, over the untraced target\n")
    rows = []
    for run in cost.runs:
        parts = [cost.part(run.name, part) for part in PARTS]
        rows.append((run.name, *(scaled(part).text(1) if part.high else "-" for part in parts),
                     "-" if run.name == run.base else f"{cost.more(run).median:+.1f} %",
                     f"{cost.part(run.name, 'cpu').median:.1f} s"))
    print_table(("MiB", *PARTS, "more", "target's CPU"), rows)


def scaled(part: Spread) -> Spread:
    return Spread(part.median / MIB, part.low / MIB, part.high / MIB)


def goals(cost: MemoryCost, bench: Bench) -> list:
    found = []
    for mode in GOAL_MODES:
        runs = [run for run in cost.runs if run.configuration.mode == mode]
        names = [f"{mode}: tracer and kernel over the target's own memory", f"{mode}: growth of the target itself"]
        limits = (TRACER_GOAL, TARGET_GOAL)
        if not runs:
            found += [Goal(name, None, limit, " %", doubt=bench.unmeasured(mode)) for name, limit in zip(names, limits)]
            continue
        doubt = "few of the tests, and not every depth" if bench.extent.few_tests else ""
        for name, limit, parts in zip(names, limits, (("tracer", "kernel"), ("target",))):
            worst = max(runs, key=lambda run: cost.more(run, parts).median)
            found.append(Goal(f"{name}, the worst of {len(runs)} depths ({worst.name})", cost.more(worst, parts), limit,
                              " %", digits=1, doubt=doubt))
    return found
