# SPDX-License-Identifier: Apache-2.0
"""Which leaks each mode finds."""
import dataclasses

import leaks
from configuration import MODES
from extent import Extent
from goal import AT_LEAST, Goal
from leak_score import LeakRun, LeakScore, find_truth
from part import Bench
from plan import Step
from side_by_side import LANES, side_by_side
from spread import Spread
from table import print_table

WITHIN = 0.2  # of the true bytes
FOUND_GOAL = 11 / 12  # of the leaks
GOAL_MODE = "sampled"
GOAL_BYTES = 10_000_000  # leaked between the snapshots: with less, or sooner, nothing is said of the goal
GOAL_SECONDS = 60
ALWAYS_SEEING = ("exact", "live")
TRUTH = "truth"
TRUTH_SECONDS, AROUND_SECONDS = 2, 4  # of a run: beside the leaking
MB = 1e6


def seconds_of(mode: str, extent: Extent) -> float:
    """Of the leaking between the two snapshots."""
    return extent.leak_seconds if mode in ALWAYS_SEEING else extent.sampled_leak_seconds


def plan(extent: Extent, modes: tuple) -> list:
    steps = []
    for name in extent.leaks:
        steps.append(Step("leaks", name, "others", TRUTH, 1, TRUTH_SECONDS / LANES))
        steps += [Step("leaks", name, mode, mode, 1, (1.05 * seconds_of(mode, extent) + AROUND_SECONDS) / LANES)
                  for mode in modes if mode in extent.leak_modes]
    return steps


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    extent, python = bench.extent, bench.program_python()
    modes = tuple(mode for mode in bench.modes if mode in extent.leak_modes)

    def truth(name: str) -> object:
        with bench.progress.doing("leaks", name, TRUTH):
            return find_truth(python, name, extent.leaked_bytes)

    def score(name: str, mode: str) -> LeakScore:
        with bench.progress.doing("leaks", name, mode):
            return LeakRun(bench.tmbpf, bench.folder, python, name, mode).score(truths[name], seconds_of(mode, extent))

    truths = dict(zip(extent.leaks, side_by_side(truth, [(name,) for name in extent.leaks])))
    runs = [(name, mode) for mode in modes for name in extent.leaks]
    found = dict(zip(runs, side_by_side(score, runs)))
    scores = {name: {mode: found[name, mode] for mode in modes} for name in extent.leaks}
    print(f"== Leaks on {bench.name_of(python)}\n")
    print_scores(truths, scores, modes, extent)
    bench.result["leaks"] = {"python": bench.name_of(python), "truths": as_dicts(truths),
                             "scores": {name: as_dicts(each) for name, each in scores.items()}}
    bench.result["goals"] += [goal_of(mode, truths, scores, bench) for mode in MODES
                              if mode in modes or mode == GOAL_MODE]


def as_dicts(values: dict) -> dict:
    return {key: dataclasses.asdict(value) for key, value in values.items()}


def print_scores(truths: dict, scores: dict, modes: tuple, extent: Extent) -> None:
    times = ", ".join(f"{mode} {seconds_of(mode, extent):g} s" for mode in modes)
    print(f"One line leaks at a steady rate amid churn at full speed, {LANES} programs at a time; between two "
          f"snapshots: {times}.\nThe rank of the line in their difference, and its bytes (blocks) beside the true "
          "ones, which are tracemalloc's\nwithout the churn; steps/s: how often a second it leaked, in each mode\n")
    rows = [(name, f"{truth.bytes / MB:.1f}", f"{truth.blocks}",
             " ".join(f"{scores[name][mode].steps_a_second:.0f}" for mode in modes),
             *(text_of(scores[name][mode]) for mode in modes)) for name, truth in truths.items()]
    found = [f"{found_by(mode, scores)} of {len(scores)}" for mode in modes]
    rows.append((f"rank 1 and within {WITHIN:.0%}", "", "", "", *found))
    print_table(("leak", "true MB", "blocks", "steps/s", *modes), rows)
    lost = [f"{name}, {mode}: {score.lost} lost events" for name, each in scores.items()
            for mode, score in each.items() if score.lost]
    print("\n".join(lost or ["No event was lost."]), end="\n\n")


def text_of(score: LeakScore) -> str:
    method = f" [{score.method}]" if score.method else ""
    if not score.rank:
        return f"not found ({score.blamed} first){method}"
    place = f"#{score.rank}" + (f" ({score.blamed} first)" if score.blamed else "")
    return f"{place} {score.bytes_error:+.1%} ({score.blocks_error:+.1%}){method}"


def found_by(mode: str, scores: dict) -> int:
    return sum(each[mode].found(WITHIN) for each in scores.values())


def goal_of(mode: str, truths: dict, scores: dict, bench: Bench) -> Goal:
    found = Spread.of([found_by(mode, scores)]) if mode in next(iter(scores.values())) else None
    return Goal(f"{mode}: leaks at rank 1 and within {WITHIN:.0%}, of {len(scores)}", found,
                round(FOUND_GOAL * len(scores)), "", AT_LEAST, digits=0, doubt=doubt_of(mode, truths, bench))


def doubt_of(mode: str, truths: dict, bench: Bench) -> str:
    if mode not in bench.modes:
        return bench.unmeasured(mode)
    if len(truths) < len(leaks.NAMES):
        return f"{len(truths)} of {len(leaks.NAMES)} leaks"
    if min(truth.bytes for truth in truths.values()) < GOAL_BYTES:
        return f"less than {GOAL_BYTES / MB:.0f} MB leaked"
    if mode not in ALWAYS_SEEING and seconds_of(mode, bench.extent) < GOAL_SECONDS:
        return f"leaked within {seconds_of(mode, bench.extent):g} s"
    return ""
