# SPDX-License-Identifier: Apache-2.0
"""How much longer a workload takes under each tracer, in one process that they take turns in.

A ratio is of the CPU time of a turn by that of the untraced turns just before and just after, so that a machine that
is slower for a while does not look like a slower tracer. One round is every configuration once, in the same order.
"""
import contextlib
import math
import os
from collections.abc import Callable

from bench_target import BenchTarget
from columns import AFTER_SWITCH_SECONDS, Column
from configuration import traced
from spread import Spread
from tmbpf_command import TmbpfCommand

WARM_UP_SECONDS = 0.2
WITH_PACKAGES = ("-W", "ignore")  # options of Python; no -S


class WorkloadCost:
    """samples[configuration name]: one dict for each round. "ratio" of CPU, "wall_ratio"; "cpu" and "untraced_cpu" in
    ns per turn; "again": the untraced turns after by those before; "settle_ratio" of wall time, while it settled;
    "tracer": the CPU time of tmbpf's process by the target's; "session": what tmbpf said at the end."""

    def __init__(self, tmbpf: TmbpfCommand, python: str, workload: str, columns: list) -> None:
        self._tmbpf = tmbpf
        self._python = python
        self._columns = columns
        self._before: dict = {}  # the untraced run that was last
        self.name = workload
        self.description = ""
        self.samples: dict = {each.name: [] for each in columns}
        self.lost: dict = {}  # configuration name: lost events, where there were any

    def measure(self, doing: Callable) -> None:
        """`doing`(name of a configuration): a context for each measurement."""
        with BenchTarget(self._python, ("workload_target.py", self.name), WITH_PACKAGES) as target:
            with doing("begin"):
                self.description = target.receive_first()["description"]
                run(target, WARM_UP_SECONDS)
            for number in range(max(each.rounds for each in self._columns)):
                for column in self._columns:
                    if number < column.rounds:
                        with doing(column.name):
                            self._sample(target, column)

    def ratio(self, name: str) -> Spread:
        return Spread.of(self.ratios(name))

    def ratios(self, name: str) -> list:
        return [sample["ratio"] for sample in self.samples[name]]

    def again(self) -> Spread:
        """Untraced by untraced, before and after each measurement: how far from 1 a ratio is by chance."""
        return Spread.of([sample["again"] for samples in self.samples.values() for sample in samples])

    def untraced(self) -> Spread:
        """Nanoseconds of a turn."""
        return Spread.of([sample["untraced_cpu"] for samples in self.samples.values() for sample in samples])

    def sessions(self, name: str) -> list:
        return [sample["session"] for sample in self.samples[name]]

    def as_json(self) -> dict:
        return {"description": self.description, "samples": self.samples, "lost": self.lost, "again": self.again(),
                "ratios": {name: self.ratio(name) for name in self.samples}}

    def _sample(self, target: BenchTarget, column: Column) -> None:
        before = self._before
        if before.get("seconds", 0) < column.untraced:
            before = self._untraced(target, column)
        with traced(self._tmbpf, target, column.configuration):
            settled = run(target, column.settle) if column.settle else None
            tracer = self._tracer_seconds(target, column)
            sample = run(target, column.seconds)
            tracer = self._tracer_seconds(target, column) - tracer
            session = self._look_at_session(target, column)
        run(target, AFTER_SWITCH_SECONDS)
        after = self._untraced(target, column)
        untraced = {key: (before[key] + after[key]) / 2 for key in ("cpu", "wall")}
        self.samples[column.name].append({
            "ratio": sample["cpu"] / untraced["cpu"], "wall_ratio": sample["wall"] / untraced["wall"],
            "cpu": sample["cpu"], "untraced_cpu": untraced["cpu"], "again": after["cpu"] / before["cpu"],
            "settle_ratio": settled["wall"] / untraced["wall"] if settled else None,
            "tracer": tracer / (sample["cpu"] * sample["turns"] * 1e-9), "session": session})

    def _untraced(self, target: BenchTarget, column: Column) -> dict:
        self._before = {**run(target, column.untraced), "seconds": column.untraced}
        return self._before

    def _tracer_seconds(self, target: BenchTarget, column: Column) -> float:
        return cpu_seconds(self._tmbpf.session_pid(target.pid)) if column.configuration.start_options else 0.0

    def _look_at_session(self, target: BenchTarget, column: Column) -> dict:
        """What of the status the report shows; a tmbpf that does not say one of them leaves it out."""
        if not column.configuration.mode:
            return {}
        status = self._tmbpf.status(target.pid)
        lost = status.get("lost", 0)
        if lost:
            self.lost[column.name] = self.lost.get(column.name, 0) + lost
        return {key: status[key] for key in ("mode", "method", "slowdown", "steps") if key in status}


def run(target: BenchTarget, seconds: float) -> dict:
    """Turns for so long; nanoseconds of one turn: "cpu", "wall"; "turns": how many they were."""
    done = target.ask("run", seconds=seconds)
    return {"cpu": done["cpu"] / done["turns"], "wall": done["wall"] / done["turns"], "turns": done["turns"]}


def cpu_seconds(pid: int) -> float:
    """0 for a process that is gone."""
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        ticks = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")
    return 0.0


def geometric_mean(values: list) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def having(costs: list, *names: str) -> list:
    """Those that were measured in each of these configurations."""
    return [one for one in costs if all(one.samples.get(name) for name in names)]


def mean_ratio(costs: list, name: str, base: str = "") -> "Spread | None":
    """Over the workloads that were measured so, in each round: of one configuration by another, or by untraced."""
    names = (name, base) if base else (name,)
    costs = having(costs, *names)
    if not costs:
        return None
    rounds = range(min(len(one.samples[each]) for one in costs for each in names))
    return Spread.of([geometric_mean([one.ratios(name)[i] / (one.ratios(base)[i] if base else 1) for one in costs])
                      for i in rounds])


def worst(costs: list, name: str) -> "WorkloadCost | None":
    return max(having(costs, name), key=lambda one: one.ratio(name).median, default=None)
