# SPDX-License-Identifier: Apache-2.0
"""The same views of the same snapshots by tmbpf and by stdlib tracemalloc, in processes that follow
each other: wall time of the whole process, peak memory, size of the files."""
import dataclasses
import json
import os
from collections.abc import Callable

from bench_target import BenchFailed
from goal import AT_LEAST, Goal
from measured_run import MeasuredRun
from snapshot_maker import FRAMES
from spread import Spread

HERE = os.path.dirname(os.path.abspath(__file__))
SHOWN = 100  # statistics that both print, and that must be equal
FILE_GOAL = 0.1  # of the pickle's size
MEMORY_GOAL = 0.25  # of Python's
GOAL_TRACES = 5_000_000
MAKING = "two snapshots"


@dataclasses.dataclass(frozen=True)
class View:
    command: str
    group_by: str
    snapshots: tuple
    goal: float  # times faster than Python

    @property
    def name(self) -> str:
        return f"{self.command} --group-by {self.group_by}"


VIEWS = (View("stats", "lineno", ("old",), 50),
         View("stats", "traceback", ("old",), 20),
         View("diff", "lineno", ("old", "new"), 50))
SUFFIXES = (".pb.gz", ".pickle")  # the goals are about the first
RATIOS = ("seconds", "steps", "cpu", "peak")
STEPS = ("load", "view")  # of Python's time; the rest: starting, printing, ending


class ViewTime:
    def __init__(self, binary: str, python: str, folder: str, traces: int) -> None:
        self._binary = binary
        self._python = python
        self._folder = folder
        self.traces = traces
        self.convert_seconds: list = []
        self.file_ratios: list = []
        self.peer: dict = {view.name: [] for view in VIEWS}  # the rounds: costs(), each of STEPS, their sum
        self.ours: dict = {view.name: {suffix: [] for suffix in SUFFIXES} for view in VIEWS}

    def measure(self, rounds: int, doing: Callable) -> None:
        """`doing`(name of a view, or MAKING): a context for each."""
        with doing(MAKING):
            self._make_snapshots()
        for _ in range(rounds):
            for view in VIEWS:
                with doing(view.name):
                    self._measure_view(view)

    def ratio(self, view: View, suffix: str, what: str) -> Spread:
        """One of RATIOS: Python's seconds or CPU time by ours, the sum of its STEPS by our seconds, our peak by
        Python's."""
        pairs = zip(self.ours[view.name][suffix], self.peer[view.name])
        if what == "peak":
            return Spread.of([ours["peak"] / peer["peak"] for ours, peer in pairs])
        return Spread.of([peer[what] / ours["seconds" if what == "steps" else what] for ours, peer in pairs])

    def goals(self) -> list:
        doubt = "" if self.traces >= GOAL_TRACES else "too few traces"
        suffix = SUFFIXES[0]
        of_traces = f"of {self.traces:,} traces, {suffix}"
        goals = [Goal(f"{view.name} {of_traces}: Python's time / ours", self.ratio(view, suffix, "seconds"),
                      view.goal, "x", AT_LEAST, 0, doubt) for view in VIEWS]
        goals += [Goal(f"{view.name} {of_traces}: our memory / Python's", self.ratio(view, suffix, "peak"),
                       MEMORY_GOAL, "", doubt=doubt) for view in VIEWS]
        return [*goals, Goal(f"{suffix} / .pickle of {self.traces:,} traces: size", Spread.of(self.file_ratios),
                             FILE_GOAL, "", digits=3, doubt=doubt)]

    def as_json(self) -> dict:
        ratios = {view.name: {suffix: {what: self.ratio(view, suffix, what) for what in RATIOS}
                              for suffix in SUFFIXES} for view in VIEWS}
        return {"traces": self.traces, "frames": FRAMES, "python": self.peer, "tmbpf": self.ours, "ratios": ratios,
                "convert_seconds": self.convert_seconds, "file_ratios": self.file_ratios,
                "file_bytes": {name + suffix: os.path.getsize(self._path(name, suffix))
                               for name in ("old", "new") for suffix in SUFFIXES}}

    def _path(self, name: str, suffix: str) -> str:
        return os.path.join(self._folder, name + suffix)

    def _make_snapshots(self) -> None:
        pickles = [self._path(name, ".pickle") for name in ("old", "new")]
        MeasuredRun.of(self._python, "-I", os.path.join(HERE, "snapshot_maker.py"), *pickles, self.traces)
        for name, pickle in zip(("old", "new"), pickles):
            packed = self._path(name, SUFFIXES[0])
            self.convert_seconds.append(MeasuredRun.of(self._binary, "convert", pickle, packed).seconds)
            self.file_ratios.append(os.path.getsize(packed) / os.path.getsize(pickle))

    def _measure_view(self, view: View) -> None:
        peer = MeasuredRun.of(self._python, "-I", os.path.join(HERE, "view_peer.py"), view.group_by, SHOWN,
                              *(self._path(name, ".pickle") for name in view.snapshots))
        told = json.loads(peer.output)
        steps = {step: told[step] for step in STEPS}
        self.peer[view.name].append({**costs(peer), **steps, "steps": sum(steps.values())})
        for suffix in SUFFIXES:
            ours = MeasuredRun.of(self._binary, view.command, "--json", "--limit", SHOWN, "--group-by", view.group_by,
                                  *(self._path(name, suffix) for name in view.snapshots))
            check_equal(f"{view.name}, {suffix}", json.loads(ours.output)["statistics"], told["statistics"])
            self.ours[view.name][suffix].append(costs(ours))


def costs(run: MeasuredRun) -> dict:
    return {"seconds": run.seconds, "cpu": run.cpu, "peak": run.peak}


def check_equal(name: str, ours: list, peer: list) -> None:
    """BenchFailed when a time would be of another result."""
    if len(peer) != SHOWN:
        raise BenchFailed(f"{name}: Python shows {len(peer)} statistics of {SHOWN}")
    if ours != peer:
        row = next((i for i, pair in enumerate(zip(ours, peer)) if pair[0] != pair[1]), min(len(ours), len(peer)))
        raise BenchFailed(f"{name}: {len(ours)} statistics, Python {len(peer)}; the first that differs: "
                          f"{ours[row:row + 1]}, Python {peer[row:row + 1]}")
