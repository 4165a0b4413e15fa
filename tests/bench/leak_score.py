# SPDX-License-Identifier: Apache-2.0
"""Whether tmbpf finds a leak: the rank of the line that leaks and how far off its bytes are, by two snapshots."""
import dataclasses
import json
import os

import leaks
from bench_target import BenchTarget
from configuration import options_of
from tmbpf_command import TmbpfCommand

FIRST_RANK = 1


@dataclasses.dataclass(frozen=True)
class Truth:
    """What stdlib tracemalloc says of the leak when there is no churn around it."""
    first: int  # steps before the first snapshot
    steps: int  # between the two
    bytes: int  # that the line leaked between them
    blocks: int
    rank: int


@dataclasses.dataclass(frozen=True)
class LeakScore:
    rank: int  # by bytes grown; 0: the line is not in the difference
    bytes: int
    blocks: int
    bytes_error: float  # of the true bytes, signed
    blocks_error: float
    blamed: str  # the line at rank 1, when it is another
    seconds: float  # that the leaking took
    steps_a_second: float
    lost: int
    method: str  # in which it was at the end; "" when tmbpf does not say

    def found(self, within: float) -> bool:
        return self.rank == FIRST_RANK and abs(self.bytes_error) <= within


def find_truth(python: str, name: str, leaked: int) -> Truth:
    with BenchTarget(python, ("leak_target.py", name)) as target:
        return Truth(**target.ask("truth", total=leaked))


class LeakRun:
    """One program under one mode, at its default depth (and budget, where it keeps one)."""

    def __init__(self, tmbpf: TmbpfCommand, folder: str, python: str, name: str, mode: str) -> None:
        self._tmbpf = tmbpf
        self._folder = folder
        self._python = python
        self._name = name
        self._mode = mode

    def score(self, truth: Truth, seconds: float) -> LeakScore:
        """It leaks all the time at the same rate, for so long between the two snapshots."""
        rate = truth.steps / seconds
        with BenchTarget(self._python, ("leak_target.py", self._name)) as target:
            with self._tmbpf.session(target.pid, *options_of(self._mode)):
                target.ask("grow", steps=truth.first, rate=rate)
                older = self._snapshot(target, "older")
                took = target.ask("grow", steps=truth.steps, rate=rate)["seconds"]
                newer = self._snapshot(target, "newer")
                status = self._tmbpf.status(target.pid)
        rank, grown, blamed = self._compare(older, newer)
        return LeakScore(rank, *grown, grown[0] / truth.bytes - 1, grown[1] / truth.blocks - 1, blamed, took,
                         truth.steps / took, status.get("lost", 0), status.get("method", ""))

    def _snapshot(self, target: BenchTarget, when: str) -> str:
        """The churn goes on meanwhile, the leak does not: what is in it is known."""
        path = os.path.join(self._folder, f"{self._name}-{self._mode}-{when}.pb.gz")
        with target.churning():
            self._tmbpf.snapshot(target.pid, path)
        return path

    def _compare(self, older: str, newer: str) -> tuple:
        """The rank of the leaking line, (bytes, blocks) that it grew by, and the line before it."""
        output = self._tmbpf.run("diff", "--json", "--limit", 0, "--group-by", "lineno", older, newer)[1]
        statistics = json.loads(output)["statistics"]
        statistics.sort(key=lambda statistic: -statistic["size_diff"])
        lines = [tuple(statistic["traceback"][0][:2]) for statistic in statistics]
        line = leaks.leaking_line(self._name)
        rank = lines.index(line) + 1 if line in lines else 0
        grown = (statistics[rank - 1]["size_diff"], statistics[rank - 1]["count_diff"]) if rank else (0, 0)
        blamed = "" if rank == FIRST_RANK or not lines else f"{os.path.basename(lines[0][0])}:{lines[0][1]}"
        return rank, grown, blamed
