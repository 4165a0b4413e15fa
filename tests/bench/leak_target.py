# SPDX-License-Identifier: Apache-2.0
"""Runs one of leaks/ as it is told on stdin: leak_target.py NAME.

One JSON object per line each way. {"do": "grow", "steps": N, "rate": R} leaks N times, R times a second, with churn
at full speed between; rate 0: as fast as it goes, with one turn of churn for each. "churn" goes on without a leak
until the next line. "truth" leaks a "total" of bytes without churn under stdlib tracemalloc and answers with the
"first" steps (a twentieth), the "steps" after them, and what the line leaked in those: "bytes", "blocks". "trace"
starts tracemalloc, "mark" takes a snapshot, "compare" another: "rank", "bytes" and "blocks" of the leaking line
between the two. Ends with stdin.
"""
import json
import select
import sys
import time
import tracemalloc

import leaks
from leaks import churn

FIRST_SHARE = 20  # the first snapshot is at 1/20 of the leak
CHURN_BEFORE = 300  # turns, until it holds all that it holds


class Leak:
    def __init__(self, name):
        program = leaks.load(name)
        self._step = program.step
        self._churn = getattr(program, "churn", churn.serve)
        self._line = leaks.leaking_line(name)
        self._steps = 0
        self._turns = 0
        self._marked = None

    def grow(self, steps, rate):
        begin, end = time.perf_counter(), self._steps + steps
        while self._steps < end:
            due = end - steps + int((time.perf_counter() - begin) * rate) if rate else self._steps + 1
            while self._steps < min(due, end):
                self.leak()
            self.churn()
        return {"seconds": time.perf_counter() - begin}

    def leak(self):
        self._step(self._steps)
        self._steps += 1

    def churn(self):
        self._churn(self._turns)
        self._turns += 1

    def churn_on(self):
        print(json.dumps({}), flush=True)
        before = self._turns
        while not select.select([sys.stdin], [], [], 0)[0]:
            self.churn()
        sys.stdin.readline()
        return {"turns": self._turns - before}

    def truth(self, total):
        self.trace()
        begin = tracemalloc.get_traced_memory()[0]
        self._leak_until(begin + total // FIRST_SHARE)
        first = self._steps
        self.mark()
        self._leak_until(begin + total)
        return {"first": first, "steps": self._steps - first, **self.compare()}

    def trace(self):
        tracemalloc.start(1)
        return {}

    def mark(self):
        self._marked = tracemalloc.take_snapshot()
        return {}

    def compare(self):
        statistics = tracemalloc.take_snapshot().compare_to(self._marked, "lineno")
        statistics.sort(key=lambda statistic: -statistic.size_diff)
        for rank, statistic in enumerate(statistics, 1):
            frame = statistic.traceback[0]
            if (frame.filename, frame.lineno) == self._line:
                return {"rank": rank, "bytes": statistic.size_diff, "blocks": statistic.count_diff}
        return {"rank": 0, "bytes": 0, "blocks": 0}

    def _leak_until(self, traced):
        while tracemalloc.get_traced_memory()[0] < traced:
            self.leak()


def main():
    leak = Leak(sys.argv[1])
    for _ in range(CHURN_BEFORE):
        leak.churn()
    commands = {"grow": leak.grow, "churn": leak.churn_on, "truth": leak.truth,
                "trace": leak.trace, "mark": leak.mark, "compare": leak.compare}
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        print(json.dumps(commands[command.pop("do")](**command)), flush=True)


if __name__ == "__main__":
    main()
