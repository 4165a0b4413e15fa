# SPDX-License-Identifier: Apache-2.0
"""The oracle: each program of tests/programs under stdlib tracemalloc and under tmbpf, compared.

    run_oracle.py --tmbpf BINARY [--frames 1,25] [--python PATH] [PROGRAM...]
    run_oracle.py --self-check        no tmbpf, no root: tracemalloc against itself, twice

Per interpreter, program and number of frames three runs (see target.py) and two demands (see
comparison.py). Every block on which tmbpf and stdlib tracemalloc differ is listed with its type
and its bytes; one that no free list explains fails the case. Ends with "N passed, N failed".
"""
import argparse
import glob
import os
import re
import sys
import tempfile

from comparison import (describe_move, differing_share, explain_line_differences,
                        explain_unproven_moves, find_moves, per_line, totals)
from interpreters import find_interpreters, probe
from target_run import HERE, RunFailed, run_inside, run_outside

PROGRAMS = os.path.join(os.path.dirname(HERE), "programs")
THREAD_TOLERANCE = 0.0005  # of all bytes and of all blocks: which thread is first is not ours
SHOWN_DIFFERENCES = 12
SHOWN_LINES = 4


def find_programs(names: list) -> list:
    paths = [path for path in sorted(glob.glob(os.path.join(PROGRAMS, "*.py")))
             if re.search(r"^def run\(\)", open(path, encoding="utf-8").read(), re.MULTILINE)]
    known = {os.path.splitext(os.path.basename(path))[0]: path for path in paths}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no such program: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names or known]


def is_threaded(program: str) -> bool:
    return re.search(r"^THREADED = True$", open(program, encoding="utf-8").read(), re.MULTILINE) is not None


class Case:
    """One program, one interpreter, one number of frames. `problems` empty means passed."""

    def __init__(self, python: str, program: str, frames: int) -> None:
        self.python = python
        self.program = program
        self.name = os.path.splitext(os.path.basename(program))[0]
        self.frames = frames
        self.threaded = is_threaded(program)
        self.problems: list = []
        self.moves: list = []
        self.share = 0.0
        self.followed = self.allocated = None

    def run_inside(self, mode: str, folder: str):
        return run_inside(self.python, self.program, mode, self.frames,
                          os.path.join(folder, mode + ".result"))

    def check(self, folder: str, tmbpf: str) -> None:
        """Without a tmbpf: the self-check."""
        try:
            self.followed = self.run_inside("tracemalloc", folder)
            self.allocated = self.run_inside("allocator", folder)
            self._check_moves()
            if tmbpf:
                ours = run_outside(tmbpf, self.python, self.program, self.frames,
                                   os.path.join(folder, "tmbpf.pickle"))
                self._check_equal(ours, self.allocated, ("tmbpf", "tracemalloc without free lists"))
            else:
                for mode, run in (("tracemalloc", self.followed), ("allocator", self.allocated)):
                    again = self.run_inside(mode, folder)
                    self._check_equal(again, run, (mode + " again", mode))
        except RunFailed as failure:
            self.problems.append(str(failure))

    def _check_moves(self) -> None:
        self.moves = find_moves(self.followed.objects, self.allocated.objects)
        if not self.threaded:
            self.problems += explain_unproven_moves(self.followed, self.allocated)

    def _check_equal(self, left, right, names: tuple) -> None:
        self.share = max(self.share, differing_share(left.blocks, right.blocks))
        if self.threaded:
            if self.share > THREAD_TOLERANCE:
                self.problems.append(f"{self.share:.3%} differ, {THREAD_TOLERANCE:.3%} are allowed")
                self.problems += explain_line_differences(left.blocks, right.blocks, names)
        elif left.blocks != right.blocks:
            self.problems += explain_line_differences(left.blocks, right.blocks, names)

    def print_row(self, verbose: bool) -> None:
        size, count, lines, share = 0, 0, 0, "-"
        if self.followed and self.allocated:
            size, count = totals(self.followed.blocks)
            lines = len(per_line(self.followed.blocks))
            share = f"{self.share:.3%}" if self.threaded else "yes"
        verdict = "FAILED" if self.problems else share
        moved = sum(move.count for move in self.moves)
        moved_bytes = sum(move.count * move.size for move in self.moves)
        print(f"{self.name:24}{self.frames:>6}{size:>12}{count:>9}{lines:>7}{verdict:>9}"
              f"{moved:>8}{moved_bytes:>10}")
        for move in self.moves:
            print(f"    free list: {describe_move(move, sys.maxsize if verbose else SHOWN_LINES)}")
        shown = len(self.problems) if verbose else SHOWN_DIFFERENCES
        for problem in self.problems[:shown]:
            print(f"    problem: {problem}")
        if len(self.problems) > shown:
            print(f"    and {len(self.problems) - shown} more")
        sys.stdout.flush()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    parser.add_argument("--tmbpf", default="", metavar="BINARY")
    parser.add_argument("--self-check", action="store_true")
    parser.add_argument("--frames", default="1,25", help="numbers of frames, with commas")
    parser.add_argument("--python", action="append", metavar="PATH", help="only this interpreter; may repeat")
    parser.add_argument("--verbose", action="store_true", help="every line of every move and problem")
    options = parser.parse_args()
    if bool(options.tmbpf) == options.self_check:
        parser.error("one of --tmbpf and --self-check is needed")
    options.tmbpf = os.path.abspath(options.tmbpf) if options.tmbpf else ""
    options.frames = [int(text) for text in options.frames.split(",")]
    return options


def chosen_interpreters(paths: list) -> list:
    if not paths:
        return find_interpreters()
    chosen = [probe(path) for path in paths]
    return [interpreter for interpreter in chosen if interpreter]


def main() -> int:
    options = parse_options()
    interpreters = chosen_interpreters(options.python)
    programs = find_programs(options.programs)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="tmbpf-oracle-") as folder:
        for interpreter in interpreters:
            print(f"\n{interpreter.describe()}")
            print(f"{'program':24}{'frames':>6}{'bytes':>12}{'blocks':>9}{'lines':>7}{'equal':>9}"
                  f"{'moved':>8}{'bytes':>10}")
            for program in programs:
                for frames in options.frames:
                    case = Case(interpreter.path, program, frames)
                    case.check(folder, options.tmbpf)
                    case.print_row(options.verbose)
                    passed += not case.problems
                    failed += bool(case.problems)
    if not interpreters:
        print("no supported Python found", file=sys.stderr)
        failed += 1
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
