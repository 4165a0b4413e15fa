# SPDX-License-Identifier: Apache-2.0
"""What will be measured and about how long each of it takes; and, meanwhile, how much of that is done."""
import contextlib
import dataclasses
import sys
import threading
import time

from table import print_table


@dataclasses.dataclass(frozen=True)
class Step:
    part: str
    what: str  # a workload, a leak, an interpreter
    kind: str  # of tracing it: the steps of one kind are one column of the plan
    how: str
    rounds: int
    seconds: float  # of all rounds, by the clock on the wall


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def seconds_of(steps: list) -> float:
    return sum(step.seconds for step in steps)


def print_plan(steps: list) -> None:
    """Seconds by part, what and kind."""
    kinds = list(dict.fromkeys(step.kind for step in steps))
    rows = []
    for part in dict.fromkeys(step.part for step in steps):
        of_part = [step for step in steps if step.part == part]
        rows.append((part, *sums_of(of_part, kinds), clock(seconds_of(of_part))))
        for what in dict.fromkeys(step.what for step in of_part):
            of_what = [step for step in of_part if step.what == what]
            rows.append((f"  {what}", *sums_of(of_what, kinds), f"{seconds_of(of_what):.0f} s"))
    print(f"Planned, in seconds: about {clock(seconds_of(steps))} minutes")
    print_table(("", *kinds, "together"), rows)


def sums_of(steps: list, kinds: list) -> list:
    sums = [seconds_of([step for step in steps if step.kind == kind]) for kind in kinds]
    return [f"{seconds:.0f}" if seconds else "-" for seconds in sums]


class Progress:
    """Says on stderr what is being done, and what remains by the plan. Steps may be done side by side."""

    def __init__(self, steps: list) -> None:
        self._steps = steps
        self._each = {(step.part, step.what, step.how): step.seconds / step.rounds for step in steps}
        self._planned = seconds_of(steps)
        self._done = 0.0
        self._begin = time.monotonic()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def doing(self, part: str, what: str, how: str):
        """One round of a step, while the block runs. What was not planned counts for nothing."""
        print(f"  [{clock(time.monotonic() - self._begin)}, {clock(max(0.0, self._planned - self._done))} to go] "
              f"{part}: {what}: {how}", file=sys.stderr, flush=True)
        yield
        with self._lock:
            self._done += self._each.get((part, what, how), 0.0)

    def left_out(self, part: str, what: str) -> None:
        """None of what was planned for it will be done."""
        with self._lock:
            self._planned -= seconds_of([step for step in self._steps if (step.part, step.what) == (part, what)])
