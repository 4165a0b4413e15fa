# SPDX-License-Identifier: Apache-2.0
"""What tmbpf costs, in one run with what it is measured against. Tracing (which needs root): pairs of
allocation and free, attaching, snapshots; beside the bare probes and stdlib tracemalloc. Views: stats
and diff of large snapshots; beside stdlib tracemalloc. Slow figures are no failure: the exit status is
0 unless something breaks, or a view shows other numbers than Python's. The views' Python is the newest;
one built without PGO is about 1.4 times slower, and --python names another. A full run takes about 3
minutes for tracing on two interpreters and 2 to 3 for the views; --quick one for all, with rough figures
and smaller snapshots, whose goals it leaves out.
"""
import argparse
import dataclasses
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "oracle"))

import report  # noqa: E402
from bench_target import BenchFailed, BenchTarget  # noqa: E402
from goal import Goal  # noqa: E402
from interpreters import Interpreter, find_interpreters, probe  # noqa: E402
from pair_cost import BARE, EXCLUDED, RATIOS, PairCost  # noqa: E402
from program_time import TRACED, ProgramTime  # noqa: E402
from session_cost import measure_cycles, measure_first_numbers, measure_snapshots  # noqa: E402
from target import CASES  # noqa: E402
from tmbpf_command import TmbpfCommand  # noqa: E402
from view_time import GOAL_TRACES, ViewTime  # noqa: E402

PAIR_CASE = "object"  # the case that the goal is about
PAIR_GOAL = 2.5  # times the bare probes
EXCLUDED_GOAL = 1.3  # likewise, of what a filter leaves out
FIRST_NUMBERS_GOAL = 2.0  # seconds
SNAPSHOT_GOAL = 2.0  # seconds
SNAPSHOT_GOAL_BLOCKS = 1_000_000
PARTS = ("tracing", "views")


@dataclasses.dataclass(frozen=True)
class Extent:
    """How much is measured."""
    rounds: int
    seconds: float  # of one measurement
    first_numbers: int
    cycles: int
    snapshots: int
    held_blocks: int
    view_rounds: int
    viewed_traces: int


FULL = Extent(rounds=5, seconds=0.2, first_numbers=5, cycles=20, snapshots=3, held_blocks=SNAPSHOT_GOAL_BLOCKS,
              view_rounds=3, viewed_traces=GOAL_TRACES)
QUICK = Extent(rounds=2, seconds=0.04, first_numbers=2, cycles=3, snapshots=1, held_blocks=200_000,
               view_rounds=2, viewed_traces=500_000)


class InterpreterBench:
    """All measurements on one interpreter."""

    def __init__(self, tmbpf: TmbpfCommand, python: str, extent: Extent) -> None:
        self._tmbpf = tmbpf
        self._python = python
        self._extent = extent
        self.programs: "ProgramTime | None" = None

    def measure(self, folder: str) -> None:
        extent = self._extent
        with BenchTarget(self._python) as target:
            self.pairs = PairCost(self._tmbpf, target, extent.seconds)
            self.pairs.measure(extent.rounds)
            self._measure_programs(target)
        self.first = measure_first_numbers(self._tmbpf, self._python, extent.first_numbers)
        self.cycles = measure_cycles(self._tmbpf, self._python, extent.cycles)
        self.held = measure_snapshots(self._tmbpf, self._python, extent.held_blocks,
                                      extent.snapshots, folder)

    def print(self) -> None:
        report.print_times(self.pairs, self.programs)
        report.print_ratios(self.pairs)
        if self.programs:
            report.print_shares(self.pairs, self.programs)
            report.print_programs(self.programs)
        report.print_sessions(self.first, self.cycles)
        report.print_snapshots(self.held)
        report.print_losses(self.pairs, self.programs, self.held)

    def goals(self, name: str) -> list:
        pair = self.pairs.ratio(PAIR_CASE, TRACED, BARE)
        goals = [Goal(f"{name}: attach to first numbers", self.first["first_numbers"],
                      FIRST_NUMBERS_GOAL, " s")]
        excluded = self.pairs.ratio(PAIR_CASE, EXCLUDED, BARE)
        if excluded:
            goals.insert(0, Goal(f"{name}: a pair that is filtered out / bare probes", excluded, EXCLUDED_GOAL, "x"))
        if pair:
            goals.insert(0, Goal(f"{name}: a pair, {TRACED.name} / bare probes", pair, PAIR_GOAL, "x"))
        if self.held["blocks"] < SNAPSHOT_GOAL_BLOCKS:
            return goals
        return goals + [Goal(f"{name}: snapshot of {self.held['blocks']:,} blocks, {suffix}", seconds,
                             SNAPSHOT_GOAL, " s")
                        for suffix, seconds in self.held["seconds"].items()]

    def as_json(self) -> dict:
        ratios = {case: {f"{each.name} / {base.name}": self.pairs.ratio(case, each, base)
                         for each, base in RATIOS} for case in CASES}
        return {"pairs": self.pairs.samples, "ratios": ratios, "lost": self.pairs.lost,
                "programs": self.programs.programs if self.programs else None,
                "missed_runs": self.programs.missed if self.programs else None,
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


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tmbpf", required=True, metavar="BINARY", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a smoke run: the figures are rough")
    parser.add_argument("--only", choices=PARTS, help="one part; views needs no root")
    parser.add_argument("--json", metavar="FILE", help="write everything there, for programs")
    parser.add_argument("--python", action="append", metavar="PATH",
                        help="only this interpreter; may repeat; views takes the newest")
    options = parser.parse_args()
    options.tmbpf = os.path.abspath(options.tmbpf)
    return options


def chosen_interpreters(paths: "list | None") -> list:
    if not paths:
        return find_interpreters()
    chosen = [probe(path) for path in paths]
    unfit = [path for path, interpreter in zip(paths, chosen) if not interpreter]
    if unfit:
        raise BenchFailed(f"not a supported Python: {', '.join(unfit)}")
    return chosen


def describe_system(tmbpf: TmbpfCommand) -> str:
    return (f"{tmbpf.run('--version')[1].strip()}, Linux {platform.release()}, "
            f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")


def measure_tracing(tmbpf: TmbpfCommand, interpreters: list, extent: Extent, folder: str, result: dict) -> None:
    """Prints what it measured and adds it to the result."""
    print(f"Tracing: {extent.rounds} rounds of {extent.seconds} s a measurement\n")
    for interpreter in interpreters:
        name = interpreter.describe()
        print(name, file=sys.stderr, flush=True)
        bench = InterpreterBench(tmbpf, interpreter.path, extent)
        bench.measure(folder)
        print(f"== {name}\n")
        bench.print()
        result["interpreters"].append({"name": name, **bench.as_json()})
        result["goals"] += bench.goals('.'.join(map(str, interpreter.version)))


def measure_views(tmbpf: TmbpfCommand, interpreters: list, extent: Extent, folder: str, result: dict) -> None:
    """Prints what it measured and adds it to the result."""
    name = newest(interpreters).describe()
    print(f"views: {name}", file=sys.stderr, flush=True)
    views = ViewTime(tmbpf.binary, newest(interpreters).path, folder, extent.viewed_traces)
    views.measure(extent.view_rounds)
    print(f"== Views, and those of {name}\n")
    report.print_views(views)
    result["views"] = {"name": name, **views.as_json()}
    result["goals"] += views.goals()


def newest(interpreters: list) -> Interpreter:
    """Of those that run without a root folder of their own, into which the snapshots would have to be brought."""
    fit = [interpreter for interpreter in interpreters if not interpreter.root]
    if not fit:
        raise BenchFailed("views: no Python outside of root folders")
    return max(fit, key=lambda interpreter: interpreter.version)


def run(options: argparse.Namespace) -> dict:
    """Everything that was measured, as --json has it."""
    begin = time.monotonic()
    tmbpf = TmbpfCommand(options.tmbpf)
    extent = QUICK if options.quick else FULL
    interpreters = chosen_interpreters(options.python)
    if not interpreters:
        raise BenchFailed("no supported Python found")
    system = describe_system(tmbpf)
    print(f"{system}\n")
    result: dict = {"system": system, "quick": options.quick, "interpreters": [], "goals": []}
    with tempfile.TemporaryDirectory(prefix="tmbpf-bench-") as folder:
        if options.only != "views":
            measure_tracing(tmbpf, interpreters, extent, folder, result)
        if options.only != "tracing":
            measure_views(tmbpf, interpreters, extent, folder, result)
    if result["goals"]:
        report.print_goals(result["goals"])
    result["goals"] = [goal.as_json() for goal in result["goals"]]
    result["seconds"] = time.monotonic() - begin
    print(f"This took {result['seconds']:.0f} s.")
    return result


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    options = parse_options()
    try:
        # Opened first: a path that cannot be written should not be found out after minutes.
        with open(options.json or os.devnull, "w", encoding="utf-8") as file:
            json.dump(run(options), file, indent=1, default=dataclasses.asdict)
    except (BenchFailed, OSError, subprocess.SubprocessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
