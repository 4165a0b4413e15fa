# SPDX-License-Identifier: Apache-2.0
"""Which leaks each mode finds."""
import dataclasses
import sys

from configuration import MODES
from goal import AT_LEAST, Goal
from leak_score import LeakRun, LeakScore, find_truth
from part import Bench
from report import print_table
from spread import Spread

WITHIN = 0.2  # of the true bytes
FOUND_GOAL = 11 / 12  # of the leaks
GOAL_MODE = "sampled"
KIB = 1 << 10
MIB = 1 << 20


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    extent, python = bench.extent, bench.program_python()
    names = bench.options.leak or extent.leaks
    print(f"leaks: {len(names)} programs", file=sys.stderr, flush=True)
    truths = {name: find_truth(python, name, extent.leaked_bytes) for name in names}
    runs = LeakRun(bench.tmbpf, bench.folder)
    scores = {name: {mode: runs.score(python, name, mode, truths[name], extent.leak_rate) for mode in bench.modes}
              for name in names}
    print(f"== Leaks on {bench.name_of(python)}\n")
    print(f"{extent.leaked_bytes / MIB:.0f} MiB leaked by one line, {extent.leak_rate / MIB:g} MiB a second, amid "
          "churn at full speed.\nThe rank of the line in the difference of two snapshots, and its bytes (blocks) "
          "beside the true ones\n")
    print_scores(truths, scores, bench.modes)
    bench.result["leaks"] = {"python": bench.name_of(python), "truths": as_dicts(truths),
                             "scores": {name: as_dicts(each) for name, each in scores.items()}}
    bench.result["goals"] += [goal_of(mode, scores, bench) for mode in MODES
                              if mode in bench.modes or mode == GOAL_MODE]


def as_dicts(values: dict) -> dict:
    return {key: dataclasses.asdict(value) for key, value in values.items()}


def print_scores(truths: dict, scores: dict, modes: tuple) -> None:
    rows = [(name, f"{truth.bytes / KIB:.0f} KiB", f"{truth.blocks}", *(text_of(scores[name][mode]) for mode in modes))
            for name, truth in truths.items()]
    found = [f"{found_by(mode, scores)} of {len(scores)}" for mode in modes]
    rows.append((f"rank 1 and within {WITHIN:.0%}", "", "", *found))
    print_table(("leak", "true bytes", "blocks", *modes), rows)
    lost = [f"{name}, {mode}: {score.lost} lost events" for name, each in scores.items()
            for mode, score in each.items() if score.lost]
    print("\n".join(lost or ["No event was lost."]), end="\n\n")


def text_of(score: LeakScore) -> str:
    if not score.rank:
        return f"not found ({score.blamed} first)"
    place = f"#{score.rank}" + (f" ({score.blamed} first)" if score.blamed else "")
    return f"{place} {score.bytes_error:+.1%} ({score.blocks_error:+.1%})"


def found_by(mode: str, scores: dict) -> int:
    return sum(each[mode].found(WITHIN) for each in scores.values())


def goal_of(mode: str, scores: dict, bench: Bench) -> Goal:
    found = Spread.of([found_by(mode, scores)]) if mode in bench.modes else None
    return Goal(f"{mode}: leaks at rank 1 and within {WITHIN:.0%}, of {len(scores)}", found,
                round(FOUND_GOAL * len(scores)), "", AT_LEAST, digits=0, without=bench.unmeasured(mode))
