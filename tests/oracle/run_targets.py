# SPDX-License-Identifier: Apache-2.0
"""The table of supported Pythons, measured: the oracle and the per-address check on every one.

    run_targets.py --tmbpf BINARY --live-tests BINARY [--folder DIR] [all|installed|trixie|...]...

One line for each interpreter that is installed or in a root of the folder (scripts/targets), among
them a program that embeds each root's libpython. "default" are the shares of bytes and blocks
that stand on another line than under tracemalloc; "no lists" the same with --no-freelists, compared
with tracemalloc that does not follow free lists either: the worst of the programs without threads,
then of those with threads. "moved" are the shares of all bytes and blocks that get another owner by
following free lists. "heap" is the per-address check: blocks compared, missing, extra. Details of
what failed follow its line. Ends with "N passed, N failed".
"""
import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile

from case import DEMANDS, THREAD_TOLERANCE, Case, program_names
from comparison import moved, totals
from interpreters import INSTALLED, Interpreter, find_rows
from python_root import default_folder
from target_run import TESTS

LEAST_COVERAGE = 0.999
PER_ADDRESS_SECONDS = 900
EMBEDDING = os.path.join(TESTS, "programs", "embed_python.c")
HEADING = (f"{'version':9}{'build':27}{'sites':>6}{'no lists: bytes, blocks':>25}{'threads':>9}"
           f"{'default: bytes, blocks':>25}{'threads':>9}{'moved':>16}{'coverage':>10}{'heap':>22}")


def build_embedding(root: str) -> None:
    """Compiles the embedding program against each libpython of the root, into it."""
    libraries = os.path.join(root, "usr/lib/x86_64-linux-gnu")
    for name in sorted(os.listdir(libraries)):
        version = name.removeprefix("libpython").removesuffix(".so.1.0")
        if not version.startswith("3.") or not version[2:].isdigit():
            continue  # also the debug build, "3.13d"
        output = os.path.join(root, "usr/local/bin", f"embed_python{version}")
        # The library wants its own root's libc, which the linker does not look for here.
        subprocess.run(["cc", "-O2", "-nostartfiles", "-o", output, EMBEDDING, os.path.join(libraries, name),
                        "-Wl,--unresolved-symbols=ignore-in-shared-libs"], check=True)


def rows(chosen: list, folder: str) -> list:
    """The interpreters to test."""
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        root = os.path.join(folder, name)
        if ("all" in chosen or name in chosen) and os.path.isdir(os.path.join(root, "usr/local/bin")):
            build_embedding(root)
    return find_rows(chosen, folder)


@dataclasses.dataclass
class HeapCheck:
    """The per-address test of one interpreter: sums over its runs."""
    attributed: int = 0
    missing: int = 0
    extra: int = 0
    problem: str = ""

    @property
    def coverage(self) -> float:
        known = self.attributed + self.missing
        return self.attributed / known if known else 0.0


def check_heap(python: Interpreter, live_tests: str, folder: str) -> HeapCheck:
    report = os.path.join(folder, "per_address.json")
    if os.path.exists(report):
        os.unlink(report)
    command = [live_tests, "--gtest_filter=*PerAddress*", f"--gtest_output=json:{report}", "--gtest_brief=1"]
    try:
        done = subprocess.run(command, env={**os.environ, "TMBPF_TEST_PYTHONS": python.name, "TMBPF_RUNS": "20"},
                              capture_output=True, text=True, timeout=PER_ADDRESS_SECONDS, check=False)
        with open(report, encoding="utf-8") as file:
            (suite,) = json.load(file)["testsuites"]
        (test,) = suite["testsuite"]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return HeapCheck(problem=f"the per-address test gave no report: {error}")
    check = HeapCheck(*(int(test.get(key, 0)) for key in ("attributed", "missing", "extra")))
    if done.returncode != 0 or not check.attributed:
        check.problem = "the per-address test failed:\n" + done.stdout.strip()[-3000:]
    return check


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

    def print(self) -> None:
        columns = []
        for mode in reversed(DEMANDS):  # without free lists first, as in the heading
            alone, threaded = self.worst(mode, False), self.worst(mode, True)
            columns.append(f"{', '.join(f'{share:.3%}' for share in alone) if alone else '-':>25}"
                           f"{f'{max(threaded):.3%}' if threaded else '-':>9}")
        sites = max((status.get("sites", 0) for status in self.statuses()), default=0)
        heap = f"{self.heap.attributed}, {self.heap.missing}, {self.heap.extra}"
        version = ".".join(map(str, self.python.version))
        print(f"{version:9}{self.python.build:27}{sites:>6}{''.join(columns)}"
              f"{', '.join(f'{share:.1%}' for share in self.moved()):>16}{self.coverage():>10.3%}{heap:>22}"
              f"{'  FAILED' if self.problems else ''}")
        for problem in self.problems:
            print("    " + problem.replace("\n", "\n    "))
        sys.stdout.flush()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("chosen", nargs="*", default=["all"], metavar="ROW",
                        help=f"all, {INSTALLED}, or the name of a root")
    parser.add_argument("--tmbpf", required=True, metavar="BINARY")
    parser.add_argument("--live-tests", required=True, metavar="BINARY")
    parser.add_argument("--folder", default=default_folder(), help="of the roots; default %(default)s")
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--program", action="append", choices=program_names(), metavar="PROGRAM",
                        help="may repeat; default: each")
    options = parser.parse_args()
    for name in ("tmbpf", "live_tests", "folder"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    return options


def main() -> int:
    options = parse_options()
    interpreters = rows(options.chosen, options.folder)
    programs = options.program or program_names()
    print(f"{len(programs)} programs, {options.frames} frames, threads may differ by {THREAD_TOLERANCE:.2%}")
    print(HEADING)
    passed = failed = 0
    for python in interpreters:
        row = Row(python)
        row.check(programs, options.frames, options.tmbpf, options.live_tests)
        row.print()
        passed += not row.problems
        failed += bool(row.problems)
    if not interpreters:
        print(f"no supported Python for {', '.join(options.chosen)}; roots are looked for in {options.folder}")
        failed += 1
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
