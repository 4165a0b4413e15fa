# SPDX-License-Identifier: Apache-2.0
"""The table of supported Pythons, measured: the oracle and the per-address check on every one.

    run_targets.py --tmbpf BINARY --live-tests BINARY [--folder DIR] [all|installed|trixie|...]...

One line for each interpreter that is installed or in a root of the folder (scripts/targets), among
them a program that embeds each root's libpython. "default" are the shares of bytes and blocks
that stand on another line than under tracemalloc; "no lists" the same with --no-freelists, compared
with tracemalloc that does not follow free lists either: the worst of the programs without threads,
then of those with threads. "moved" are the shares of all bytes and blocks that get another owner by
following free lists. "heap" is the per-address check: blocks compared, missing, extra. Details of
what failed follow its line; an interpreter that a root must have and that does not start has failed.
Ends with "N passed, N failed".
"""
import argparse
import os
import sys

from case import THREAD_TOLERANCE, program_names
from embedding import build_embedding
from markdown_table import write_table
from python_root import default_folder, finished_roots
from row import HEADING, Row, print_row
from rows import INSTALLED, find_rows


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
    parser.add_argument("--markdown", metavar="FILE", help="writes the README's table, anew after each row")
    options = parser.parse_args()
    for name in ("tmbpf", "live_tests", "folder"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    return options


def main() -> int:
    options = parse_options()
    for root in finished_roots(options.folder):
        if {"all", os.path.basename(root)} & set(options.chosen):
            build_embedding(root)
    interpreters, missing = find_rows(options.chosen, options.folder)
    programs = options.program or program_names()
    print(f"{len(programs)} programs, {options.frames} frames, threads may differ by {THREAD_TOLERANCE:.2%}")
    print(HEADING)
    for one in missing:
        print_row(one.version, one.build, "", [one.why])
    rows: list = []
    for python in interpreters:
        rows.append(Row(python))
        rows[-1].check(programs, options.frames, options.tmbpf, options.live_tests)
        rows[-1].print()
        if options.markdown:
            write_table(options.markdown, rows, missing)
    failed = len(missing) + sum(bool(row.problems) for row in rows)
    print(f"\n{len(missing) + len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
