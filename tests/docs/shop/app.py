# SPDX-License-Identifier: Apache-2.0
"""app.py FILE...: a program under tracemalloc, 25 frames, that works before each snapshot of itself."""
import importlib
import sys
import tracemalloc


def main() -> None:
    tracemalloc.start(25)
    work = importlib.import_module("work").work  # traced, too
    kept = []
    for turn, name in enumerate(sys.argv[1:], 1):
        kept.append(work(turn))
        if turn > 1:
            kept[turn - 2] = None
        tracemalloc.take_snapshot().dump(name)


main()
