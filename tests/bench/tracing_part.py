# SPDX-License-Identifier: Apache-2.0
"""Pairs of an allocation and its free, attaching, snapshots, and what a killed tracer leaves."""
import sys

import report
from bench_target import BenchFailed, BenchTarget
from configuration import BARE
from extent import SNAPSHOT_GOAL_BLOCKS, Extent
from goal import Goal
from interpreters import probe
from kill_cost import measure_kills
from pair_cost import EXCLUDED, RATIOS, TMBPF, PairCost
from part import Bench
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


class InterpreterBench:
    """All measurements on one interpreter."""

    def __init__(self, tmbpf: TmbpfCommand, python: str, extent: Extent) -> None:
        self._tmbpf = tmbpf
        self._python = python
        self._extent = extent
        self.programs: "ProgramTime | None" = None
        self.kills: dict = {}

    def measure(self, folder: str, modes: tuple) -> None:
        extent = self._extent
        with BenchTarget(self._python) as target:
            self.pairs = PairCost(self._tmbpf, target, extent.seconds)
            self.pairs.measure(extent.rounds)
            self._measure_programs(target)
        self.first = measure_first_numbers(self._tmbpf, self._python, extent.first_numbers)
        self.cycles = measure_cycles(self._tmbpf, self._python, extent.cycles)
        self.held = measure_snapshots(self._tmbpf, self._python, extent.held_blocks,
                                      extent.snapshots, folder)
        self.kills = measure_kills(self._tmbpf, self._python, modes, extent.rounds)

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

    def goals(self, name: str) -> list:
        goals = []
        for traced, limit in ((TMBPF[1], PAIR_GOAL), (EXCLUDED, EXCLUDED_GOAL)):
            pair = self.pairs.ratio(PAIR_CASE, traced, BARE)
            if pair:
                goals.append(Goal(f"{name}: a pair, {traced.name} / bare probes", pair, limit, "x"))
        goals.append(Goal(f"{name}: attach to first numbers", self.first["first_numbers"], FIRST_NUMBERS_GOAL, " s"))
        goals += [Goal(f"{name}: tmbpf killed, {mode}: target untraced again", after, KILL_GOAL, " s")
                  for mode, after in self.kills.items()]
        if self.held["blocks"] < SNAPSHOT_GOAL_BLOCKS:
            return goals
        blocks = f"snapshot of {self.held['blocks']:,} blocks"
        goals += [Goal(f"{name}: {blocks}, {suffix}", seconds, SNAPSHOT_GOAL, " s")
                  for suffix, seconds in self.held["seconds"].items()]
        return [*goals, Goal(f"{name}: {blocks}: longest stop of the target", self.held["stops"]["snapshots"],
                             STOP_GOAL, " ms", digits=1)]

    def as_json(self) -> dict:
        ratios = {case: {f"{each.name} / {base.name}": self.pairs.ratio(case, each, base)
                         for each, base in RATIOS} for case in CASES}
        return {"pairs": self.pairs.samples, "ratios": ratios, "lost": self.pairs.lost,
                "programs": self.programs.programs if self.programs else None,
                "missed_runs": self.programs.missed if self.programs else None, "kills": self.kills,
                "first_numbers": self.first, "cycles": self.cycles, "snapshots": self.held}

    def _measure_programs(self, target: BenchTarget) -> None:
        print("  programs", file=sys.stderr, flush=True)
        try:
            programs = ProgramTime(self._tmbpf, target, self.pairs)
        except BenchFailed as failure:
            print(f"  {failure}", file=sys.stderr)
            return
        programs.measure()
        self.programs = programs


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    extent = bench.extent
    print(f"Tracing: {extent.rounds} rounds of {extent.seconds} s a measurement\n")
    few = extent.quick and not bench.options.python
    for interpreter in [probe(bench.program_python())] if few else bench.interpreters:
        name = interpreter.describe()
        print(name, file=sys.stderr, flush=True)
        one = InterpreterBench(bench.tmbpf, interpreter.name, extent)
        one.measure(bench.folder, bench.modes)
        print(f"== {name}\n")
        one.print()
        bench.result["interpreters"].append({"name": name, **one.as_json()})
        bench.result["goals"] += one.goals('.'.join(map(str, interpreter.version)))
