# SPDX-License-Identifier: Apache-2.0
"""Pairs of an allocation and its free, attaching, snapshots, and what a killed tracer leaves."""
import functools
import sys
from collections.abc import Callable

import report
from bench_target import BenchFailed, BenchTarget
from configuration import BARE, MODES
from extent import DEFAULT, SNAPSHOT_GOAL_BLOCKS, Extent
from goal import Goal
from kill_cost import measure_kills
from pair_cost import CONFIGURATIONS, EXCLUDED, RATIOS, TMBPF, PairCost
from part import Bench
from plan import Step
from program_time import ProgramTime
from session_cost import measure_cycles, measure_first_numbers, measure_snapshots
from target import CASES
from tmbpf_command import TmbpfCommand

PAIR_CASE = "object"  # the case that the goals are about
PAIR_GOAL = 1.5  # times the bare probes
EXCLUDED_GOAL = 1.3  # likewise, of what a filter leaves out
FIRST_NUMBERS_GOAL = 2.0  # seconds
SNAPSHOT_GOAL = 1.0  # seconds
STOP_GOAL = 5.0  # milliseconds
KILL_GOAL = 1.0  # seconds
WHAT = "pairs and sessions"
FIRST_TURNS_SECONDS = 12  # until it is known how many turns a measurement is
AROUND_CASE_SECONDS = 0.01
KILL_SECONDS = 0.9


class InterpreterBench:
    """All measurements on one interpreter."""

    def __init__(self, tmbpf: TmbpfCommand, python: str, extent: Extent) -> None:
        self._tmbpf = tmbpf
        self._python = python
        self._extent = extent
        self.programs: "ProgramTime | None" = None
        self.kills: dict = {}

    def measure(self, folder: str, modes: tuple, doing: Callable) -> None:
        extent = self._extent
        with BenchTarget(self._python) as target:
            self.pairs = PairCost(self._tmbpf, target, extent.seconds)
            self.pairs.measure(extent.rounds, lambda: doing("pairs"))
            with doing("programs"):
                self._measure_programs(target)
        with doing("first numbers"):
            self.first = measure_first_numbers(self._tmbpf, self._python, extent.first_numbers)
        with doing("cycles"):
            self.cycles = measure_cycles(self._tmbpf, self._python, extent.cycles)
        with doing("snapshots"):
            self.held = measure_snapshots(self._tmbpf, self._python, extent.held_blocks, extent.snapshots, folder)
        for mode in modes:
            with doing(f"kill {mode}"):
                self.kills[mode] = measure_kills(self._tmbpf, self._python, mode, extent.kills_in(mode))

    def print(self) -> None:
        report.print_times(self.pairs, self.programs)
        report.print_ratios(self.pairs)
        if self.programs:
            report.print_shares(self.pairs, self.programs)
            report.print_programs(self.programs)
        report.print_sessions(self.first, self.cycles)
        report.print_snapshots(self.held)
        report.print_kills(self.kills)
        report.print_losses(self.pairs, self.programs, self.held)

    def goals(self, name: str, unmeasured: Callable) -> list:
        """`unmeasured`(mode): why nothing was measured in it."""
        goals = [Goal(f"{name}: a pair, {traced.name} / bare probes", self.pairs.ratio(PAIR_CASE, traced, BARE), limit,
                      "x") for traced, limit in ((TMBPF[1], PAIR_GOAL), (EXCLUDED, EXCLUDED_GOAL))]
        goals.append(Goal(f"{name}: attach to first numbers", self.first["first_numbers"], FIRST_NUMBERS_GOAL, " s"))
        goals += [Goal(f"{name}: tmbpf killed, {mode}: target untraced again", self.kills.get(mode), KILL_GOAL, " s",
                       doubt=self._kill_doubt(mode) if mode in self.kills else unmeasured(mode), worst=True)
                  for mode in MODES]
        blocks = f"snapshot of {self.held['blocks']:,} live blocks, the target running"
        doubt = "" if self.held["blocks"] >= SNAPSHOT_GOAL_BLOCKS else "too few blocks"
        goals += [Goal(f"{name}: {blocks}, {suffix}", seconds, SNAPSHOT_GOAL, " s", doubt=doubt)
                  for suffix, seconds in self.held["seconds"].items()]
        return [*goals, Goal(f"{name}: {blocks}: its longest stop", self.held["stops"]["snapshots"], STOP_GOAL, " ms",
                             digits=1, doubt=doubt)]

    def as_json(self) -> dict:
        ratios = {case: {f"{each.name} / {base.name}": self.pairs.ratio(case, each, base)
                         for each, base in RATIOS} for case in CASES}
        return {"pairs": self.pairs.samples, "ratios": ratios, "lost": self.pairs.lost,
                "programs": self.programs.programs if self.programs else None,
                "missed_runs": self.programs.missed if self.programs else None, "kills": self.kills,
                "first_numbers": self.first, "cycles": self.cycles, "snapshots": self.held}

    def _kill_doubt(self, mode: str) -> str:
        kills = self._extent.kills_in(mode)
        return "" if kills >= DEFAULT.kills_in(mode) else f"{kills} kills are too few"

    def _measure_programs(self, target: BenchTarget) -> None:
        try:
            programs = ProgramTime(self._tmbpf, target, self.pairs)
        except BenchFailed as failure:
            print(f"  {failure}", file=sys.stderr)
            return
        programs.measure()
        self.programs = programs


def plan(extent: Extent, modes: tuple, pythons: int) -> list:
    """Of each Python about as much."""
    once = len(CONFIGURATIONS) * (len(CASES) * (extent.seconds + AROUND_CASE_SECONDS) + 0.5)
    seconds = {"pairs": (extent.rounds, extent.rounds * once + FIRST_TURNS_SECONDS), "programs": (1, once / 4),
               "first numbers": (1, 1.1 * extent.first_numbers), "cycles": (1, 1.1 * extent.cycles),
               "snapshots": (1, 6 + 2.5 * extent.snapshots)}
    steps = [Step("tracing", WHAT, "others", how, rounds, pythons * each) for how, (rounds, each) in seconds.items()]
    return steps + [Step("tracing", WHAT, mode, f"kill {mode}", 1, pythons * KILL_SECONDS * extent.kills_in(mode))
                    for mode in modes]


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    extent = bench.extent
    print(f"Tracing: {extent.rounds} rounds of {extent.seconds} s a measurement\n")
    for interpreter in bench.traced_pythons():
        name = interpreter.describe()
        print(name, file=sys.stderr, flush=True)
        one = InterpreterBench(bench.tmbpf, interpreter.name, extent)
        one.measure(bench.folder, bench.modes, functools.partial(bench.progress.doing, "tracing", WHAT))
        print(f"== {name}\n")
        one.print()
        bench.result["interpreters"].append({"name": name, **one.as_json()})
        bench.result["goals"] += one.goals('.'.join(map(str, interpreter.version)), bench.unmeasured)
