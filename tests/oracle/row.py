# SPDX-License-Identifier: Apache-2.0
"""One row of the table of supported Pythons: what is measured of one interpreter."""
import sys
import tempfile

from case import DEMANDS, Case
from comparison import moved, totals
from heap_check import HeapCheck, check_heap
from interpreters import Interpreter

LEAST_COVERAGE = 0.999
HEADING = (f"{'version':9}{'build':27}{'sites':>6}{'no lists: bytes, blocks':>25}{'threads':>9}"
           f"{'default: bytes, blocks':>25}{'threads':>9}{'moved':>16}{'coverage':>10}{'heap':>22}")


def version_text(version: tuple) -> str:
    return ".".join(map(str, version))


def print_row(version: str, build: str, columns: str, problems: list) -> None:
    print(f"{version:9}{build:27}{columns}{'  FAILED' if problems else ''}")
    for problem in problems:
        print("    " + problem.replace("\n", "\n    "))
    sys.stdout.flush()


class Row:
    """One interpreter. `problems` empty means passed."""

    def __init__(self, python: Interpreter) -> None:
        self.python = python
        self.cases: list = []
        self.heap = HeapCheck()
        self.problems: list = []

    def check(self, programs: list, frames: int, tmbpf: str, live_tests: str) -> None:
        with tempfile.TemporaryDirectory(prefix="tmbpf-targets-") as folder:
            for program in programs:
                case = Case(self.python, program, frames)
                case.check(folder, tmbpf)
                self.cases.append(case)
                self.problems += [f"{program}: {problem}" for problem in case.problems]
            self.heap = check_heap(self.python, live_tests, folder)
        if self.heap.problem:
            self.problems.append(self.heap.problem)
        if self.coverage() < LEAST_COVERAGE:
            self.problems.append(f"coverage {self.coverage():.3%} is below {LEAST_COVERAGE:.1%}")

    def statuses(self) -> list:
        return [status for case in self.cases for status in case.status.values()]

    def coverage(self) -> float:
        """The least of what the sessions said and of what the heap says; 0 when one says nothing."""
        said = [status.get("coverage") or 0.0 for status in self.statuses()]
        return min([*said, self.heap.coverage]) if said else 0.0

    def worst(self, mode: str, threaded: bool) -> "tuple | None":
        """(bytes, blocks), each the worst of its programs; None when one of them gave no answer."""
        cases = [case for case in self.cases if case.threaded == threaded]
        if not cases or any(mode not in case.shares for case in cases):
            return None
        return tuple(max(case.shares[mode][index] for case in cases) for index in range(2))

    def moved(self) -> tuple:
        """Shares of the bytes and blocks of all programs."""
        cases = [case.expected for case in self.cases if len(case.expected) == len(DEMANDS)]
        parts = [moved(case["tracemalloc"], case["allocator"]) for case in cases]
        wholes = [totals(case["tracemalloc"]) for case in cases]
        return tuple(sum(part[index] for part in parts) / max(1, sum(whole[index] for whole in wholes))
                     for index in range(2))

    def sites(self) -> int:
        return max((status.get("sites", 0) for status in self.statuses()), default=0)

    def print(self) -> None:
        columns = [f"{self.sites():>6}"]
        for mode in reversed(DEMANDS):  # without free lists first, as in the heading
            alone, threaded = self.worst(mode, False), self.worst(mode, True)
            columns.append(f"{', '.join(f'{share:.3%}' for share in alone) if alone else '-':>25}"
                           f"{f'{max(threaded):.3%}' if threaded else '-':>9}")
        columns.append(f"{', '.join(f'{share:.1%}' for share in self.moved()):>16}{self.coverage():>10.3%}")
        columns.append(f"{f'{self.heap.attributed}, {self.heap.missing}, {self.heap.extra}':>22}")
        print_row(version_text(self.python.version), self.python.build, "".join(columns), self.problems)
