# SPDX-License-Identifier: Apache-2.0
"""Whether tmbpf finds a leak: the rank of the line that leaks and how far off its bytes are, by two snapshots."""
import dataclasses
import json
import os
import sys

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
    lost: int

    def found(self, within: float) -> bool:
        return self.rank == FIRST_RANK and abs(self.bytes_error) <= within


def find_truth(python: str, name: str, leaked: int) -> Truth:
    with BenchTarget(python, ("leak_target.py", name)) as target:
        return Truth(**target.ask("truth", total=leaked))


class LeakRun:
    """One program under one mode, at its default depth (and budget, where it keeps one)."""

    def __init__(self, tmbpf: TmbpfCommand, folder: str) -> None:
        self._tmbpf = tmbpf
        self._folder = folder

    def score(self, python: str, name: str, mode: str, truth: Truth, rate: float) -> LeakScore:
        """`rate`: bytes a second."""
        print(f"  {name}: {mode}", file=sys.stderr, flush=True)
        steps_a_second = truth.steps * rate / truth.bytes
        with BenchTarget(python, ("leak_target.py", name)) as target:
            with self._tmbpf.session(target.pid, *options_of(mode)):
                target.ask("grow", steps=truth.first, rate=steps_a_second)
                older = self._snapshot(target, "older")
                seconds = target.ask("grow", steps=truth.steps, rate=steps_a_second)["seconds"]
                newer = self._snapshot(target, "newer")
                lost = self._tmbpf.status(target.pid)["lost"]
        return self._compare(older, newer, leaks.leaking_line(name), truth, seconds, lost)

    def _snapshot(self, target: BenchTarget, name: str) -> str:
        """The churn goes on meanwhile, the leak does not: what is in it is known."""
        path = os.path.join(self._folder, name + ".pb.gz")
        with target.churning():
            self._tmbpf.snapshot(target.pid, path)
        return path

    def _compare(self, older: str, newer: str, line: tuple, truth: Truth, seconds: float, lost: int) -> LeakScore:
        output = self._tmbpf.run("diff", "--json", "--limit", 0, "--group-by", "lineno", older, newer)[1]
        statistics = json.loads(output)["statistics"]
        statistics.sort(key=lambda statistic: -statistic["size_diff"])
        lines = [tuple(statistic["traceback"][0][:2]) for statistic in statistics]
        rank = lines.index(line) + 1 if line in lines else 0
        grown = statistics[rank - 1] if rank else {"size_diff": 0, "count_diff": 0}
        blamed = "" if rank == FIRST_RANK or not lines else f"{os.path.basename(lines[0][0])}:{lines[0][1]}"
        return LeakScore(rank, grown["size_diff"], grown["count_diff"], grown["size_diff"] / truth.bytes - 1,
                         grown["count_diff"] / truth.blocks - 1, blamed, seconds, lost)
