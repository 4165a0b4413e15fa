# SPDX-License-Identifier: Apache-2.0
"""The oracle: each program of tests/programs under stdlib tracemalloc and under tmbpf, compared.

    run_oracle.py --tmbpf BINARY [--frames 1,25] [--tracing MODE] [--python PATH] [PROGRAM...]
    run_oracle.py --self-check        no tmbpf, no root: tracemalloc against itself, twice

Per interpreter, program and number of frames two demands, without any exception but for threads:
what tmbpf writes equals stdlib tracemalloc; and with --no-freelists it equals tracemalloc that does
not follow free lists (see target.py). "moved" is by how much these two differ. Ends with
"N passed, N failed".
"""
import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from case import DEMANDS, HEADING, Case, program_names
from interpreters import find_interpreters, probe


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    parser.add_argument("--tmbpf", default="", metavar="BINARY")
    parser.add_argument("--self-check", action="store_true")
    parser.add_argument("--frames", default="1,25", help="numbers of frames, with commas")
    parser.add_argument("--mode", choices=tuple(DEMANDS), help="only one of the demands")
    parser.add_argument("--tracing", default="exact", metavar="MODE", help="tmbpf's --mode (default: exact)")
    parser.add_argument("--python", action="append", metavar="PATH",
                        help="only this interpreter (ROOT//PATH: in a root folder); may repeat")
    parser.add_argument("--version", metavar="3.X", help="only interpreters of this version")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N",
                        help="cases side by side, each with a target of its own (default: one a core)")
    parser.add_argument("--verbose", action="store_true", help="every line of every problem")
    options = parser.parse_args()
    if bool(options.tmbpf) == options.self_check:
        parser.error("one of --tmbpf and --self-check is needed")
    options.tmbpf = os.path.abspath(options.tmbpf) if options.tmbpf else ""
    options.frames = [int(text) for text in options.frames.split(",")]
    options.modes = (options.mode,) if options.mode else tuple(DEMANDS)
    return options


def chosen_interpreters(paths: list, version: str) -> list:
    if not paths:
        return [one for one in find_interpreters()
                if not version or version == ".".join(map(str, one.version[:2]))]
    chosen = [probe(path) for path in paths]
    for path, interpreter in zip(paths, chosen):
        if not interpreter:
            raise SystemExit(f"{path}: not an interpreter that tmbpf supports")
    return chosen


def chosen_programs(names: list) -> list:
    known = program_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no such program: {', '.join(unknown)}; there are {', '.join(known)}")
    return names or known


def checked(case: Case, options: argparse.Namespace) -> Case:
    with tempfile.TemporaryDirectory(prefix="tmbpf-oracle-") as folder:
        case.check(folder, options.tmbpf, options.modes, options.tracing)
    return case


def main() -> int:
    options = parse_options()
    interpreters = chosen_interpreters(options.python, options.version)
    programs = chosen_programs(options.programs)
    passed = failed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        cases = pool.map(lambda case: checked(case, options),
                         [Case(interpreter, program, frames) for interpreter in interpreters
                          for program in programs for frames in options.frames])
        shown = None
        for case in cases:
            if case.python is not shown:
                shown = case.python
                print(f"\n{shown.describe()}\n{HEADING}")
            case.print_row(options.verbose)
            sys.stdout.flush()
            passed += not case.problems
            failed += bool(case.problems)
    if not interpreters:
        print("no supported Python found", file=sys.stderr)
        failed += 1
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
