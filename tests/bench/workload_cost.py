# SPDX-License-Identifier: Apache-2.0
"""How much longer a workload takes under each tracer, in one process that they take turns in.

A ratio is of the CPU time of a turn by that of the untraced turns just before and just after, so that a machine that
is slower for a while does not look like a slower tracer. One round is every configuration once, in the same order.
"""
import contextlib
import math
import os
import sys

from bench_target import BenchTarget
from configuration import UNTRACED, Configuration, traced
from spread import Spread
from tmbpf_command import TmbpfCommand

WARM_UP_SECONDS = 0.2
AFTER_SWITCH_SECONDS = 0.02
WITH_PACKAGES = ("-W", "ignore")  # options of Python; no -S


class WorkloadCost:
    """samples[configuration name]: one dict for each round. "ratio" of CPU, "wall_ratio"; ns per turn: "cpu",
    "untraced_cpu"; "tracer": the CPU time of tmbpf's process by the target's; "mode": that tmbpf was in at the end."""

    def __init__(self, tmbpf: TmbpfCommand, python: str, workload: str, configurations: list) -> None:
        self._tmbpf = tmbpf
        self._python = python
        self._configurations = configurations
        self._turns: dict = {}
        self.name = workload
        self.description = ""
        self.samples: dict = {each.name: [] for each in configurations}
        self.lost: dict = {}  # configuration name: lost events, where there were any

    def measure(self, rounds: int, seconds: float, steady_seconds: float) -> None:
        """A measurement takes `seconds`; of what is steady `steady_seconds`, after as many to settle."""
        with BenchTarget(self._python, ("workload_target.py", self.name), WITH_PACKAGES) as target:
            self.description = target.receive_first()["description"]
            target.ask("last", seconds=WARM_UP_SECONDS)
            for number in range(1, rounds + 1):
                print(f"  {self.name}: round {number} of {rounds}", file=sys.stderr, flush=True)
                for configuration in self._configurations:
                    length = steady_seconds if configuration.steady else seconds
                    self._sample(target, configuration, length)

    def ratio(self, name: str) -> Spread:
        return Spread.of(self.ratios(name))

    def ratios(self, name: str) -> list:
        return [sample["ratio"] for sample in self.samples[name]]

    def modes(self, name: str) -> str:
        """Those that it was in at the end of the rounds."""
        return ", ".join(sorted({sample["mode"] for sample in self.samples[name]}))

    def as_json(self) -> dict:
        return {"description": self.description, "samples": self.samples, "lost": self.lost,
                "ratios": {name: self.ratio(name) for name in self.samples}}

    def _sample(self, target: BenchTarget, configuration: Configuration, seconds: float) -> None:
        before = self._run(target, UNTRACED, seconds / 2)
        with traced(self._tmbpf, target, configuration):
            target.ask("last", seconds=seconds if configuration.steady else AFTER_SWITCH_SECONDS)
            tracer = self._tracer_seconds(target, configuration)
            sample = self._run(target, configuration, seconds)
            tracer = self._tracer_seconds(target, configuration) - tracer
            mode = self._look_at_session(target, configuration)
        target.ask("last", seconds=AFTER_SWITCH_SECONDS)
        after = self._run(target, UNTRACED, seconds / 2)
        turns = before["turns"] + after["turns"]
        untraced = {clock: (before[clock] + after[clock]) / turns for clock in ("cpu", "wall")}
        cpu, wall = (sample[clock] / sample["turns"] for clock in ("cpu", "wall"))
        self.samples[configuration.name].append({
            "ratio": cpu / untraced["cpu"], "wall_ratio": wall / untraced["wall"], "cpu": cpu,
            "untraced_cpu": untraced["cpu"], "tracer": tracer / (sample["cpu"] * 1e-9), "mode": mode})

    def _run(self, target: BenchTarget, configuration: Configuration, seconds: float) -> dict:
        """As many turns as took about so long when it was asked first."""
        key = configuration.name, seconds
        if key not in self._turns:
            first = target.ask("run", turns=1)
            if first["cpu"] < seconds * 1e8:
                first = target.ask("run", turns=10)
            self._turns[key] = max(1, round(seconds * 1e9 * first["turns"] / first["cpu"]))
            if self._turns[key] <= first["turns"]:
                return first
        return target.ask("run", turns=self._turns[key])

    def _tracer_seconds(self, target: BenchTarget, configuration: Configuration) -> float:
        return cpu_seconds(self._tmbpf.session_pid(target.pid)) if configuration.start_options else 0.0

    def _look_at_session(self, target: BenchTarget, configuration: Configuration) -> str:
        """The mode that it is in."""
        if not configuration.mode:
            return ""
        status = self._tmbpf.status(target.pid)
        if status["lost"]:
            self.lost[configuration.name] = self.lost.get(configuration.name, 0) + status["lost"]
        return status["mode"]


def cpu_seconds(pid: int) -> float:
    """0 for a process that is gone."""
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        ticks = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")
    return 0.0


def geometric_mean(values: list) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def mean_ratio(costs: list, name: str, base: str = "") -> Spread:
    """Over the workloads, in each round: of one configuration by another, or by untraced."""
    rounds = range(len(costs[0].samples[name]))
    return Spread.of([geometric_mean([one.ratios(name)[i] / (one.ratios(base)[i] if base else 1) for one in costs])
                      for i in rounds])


def worst(costs: list, name: str) -> WorkloadCost:
    return max(costs, key=lambda one: one.ratio(name).median)
