# SPDX-License-Identifier: Apache-2.0
"""One program under stdlib tracemalloc and under tmbpf, on one interpreter."""
import os
import re

from comparison import differing_shares, explain_differences, moved, per_line, totals
from interpreters import Interpreter
from target_run import TESTS, RunFailed, run_inside, run_outside

PROGRAMS = os.path.join(TESTS, "programs")
THREAD_TOLERANCE = 0.0005  # of all bytes and of all blocks: which thread is first is not ours
SHOWN_DIFFERENCES = 12

# What tmbpf must equal (the modes of target.py) -> the options with which it must.
DEMANDS = {"tracemalloc": (), "allocator": ("--no-freelists",)}
HEADING = (f"{'program':24}{'frames':>6}{'bytes':>12}{'blocks':>9}{'lines':>7}{'equal':>9}"
           f"{'no lists':>9}{'moved':>8}{'bytes':>10}")


def program_names() -> list:
    """The files of tests/programs that define run(), without their extension."""
    names = []
    for name in sorted(os.listdir(PROGRAMS)):
        if name.endswith(".py"):
            with open(os.path.join(PROGRAMS, name), encoding="utf-8") as file:
                if re.search(r"^def run\(\)", file.read(), re.MULTILINE):
                    names.append(name[:-len(".py")])
    return names


def is_threaded(program: str) -> bool:
    with open(os.path.join(PROGRAMS, program + ".py"), encoding="utf-8") as file:
        return re.search(r"^THREADED = True$", file.read(), re.MULTILINE) is not None


class Case:
    """`problems` empty means passed. By mode: `shares` (bytes, blocks) that stand on another line
    than under tracemalloc, `status` what tmbpf said of its session."""

    def __init__(self, python: Interpreter, program: str, frames: int) -> None:
        self.python = python
        self.program = program
        self.frames = frames
        self.threaded = is_threaded(program)
        self.problems: list = []
        self.shares: dict = {}
        self.status: dict = {}
        self.expected: dict = {}  # mode -> blocks

    def check(self, folder: str, tmbpf: str, modes: tuple = tuple(DEMANDS), tracing: str = "exact") -> None:
        """Without a tmbpf: tracemalloc against itself. `tracing`: its --mode."""
        for mode in modes:
            try:
                self._check_mode(mode, folder, tmbpf, tracing)
            except RunFailed as failure:
                self.problems.append(f"{mode}: {failure}")

    def _run_inside(self, mode: str, folder: str):
        return run_inside(self.python, self.program + ".py", mode, self.frames,
                          os.path.join(folder, mode + ".result"))

    def _check_mode(self, mode: str, folder: str, tmbpf: str, tracing: str) -> None:
        expected = self._run_inside(mode, folder).blocks
        self.expected[mode] = expected
        names = (" ".join(("tmbpf", *DEMANDS[mode])) if tmbpf else mode + " again", mode)
        if tmbpf:
            session = run_outside(tmbpf, self.python, self.program + ".py", self.frames,
                                  os.path.join(folder, "tmbpf.pickle"), ("--mode", tracing, *DEMANDS[mode]))
            ours = session.run.blocks
            self.status[mode] = session.status
        else:
            ours = self._run_inside(mode, folder).blocks
        self.shares[mode] = differing_shares(ours, expected)
        differs = max(self.shares[mode]) > THREAD_TOLERANCE if self.threaded else ours != expected
        if differs or not expected:
            self.problems += explain_differences(ours, expected, names) or ["nothing was traced"]

    def _verdict(self, mode: str) -> str:
        if mode not in self.shares:
            return "-"
        share = max(self.shares[mode])
        return f"{share:.3%}" if share or self.threaded else "yes"

    def print_row(self, verbose: bool) -> None:
        blocks = self.expected.get("tracemalloc") or self.expected.get("allocator") or {}
        size, count = totals(blocks)
        moved_bytes, moved_blocks = "-", "-"
        if len(self.expected) == 2:
            moved_bytes, moved_blocks = moved(self.expected["tracemalloc"], self.expected["allocator"])
        print(f"{self.program:24}{self.frames:>6}{size:>12}{count:>9}{len(per_line(blocks)):>7}"
              f"{self._verdict('tracemalloc'):>9}{self._verdict('allocator'):>9}{moved_blocks:>8}"
              f"{moved_bytes:>10}{'  FAILED' if self.problems else ''}")
        shown = len(self.problems) if verbose else SHOWN_DIFFERENCES
        for problem in self.problems[:shown]:
            print(f"    problem: {problem}")
        if len(self.problems) > shown:
            print(f"    and {len(self.problems) - shown} more")
