# SPDX-License-Identifier: Apache-2.0
"""Memory of the standard library's tests under each tracer, each run in a process of its own."""
import contextlib
import dataclasses
import threading
from collections.abc import Callable

from bench_target import BenchTarget
from configuration import Configuration, traced
from side_by_side import side_by_side
from spread import Spread
from tmbpf_command import TmbpfCommand
from workload_cost import WITH_PACKAGES

WORKLOAD = "test_suite"
SAMPLE_SECONDS = 0.5  # between two looks at the tracer: it grows slowly


@dataclasses.dataclass(frozen=True)
class MemoryRun:
    configuration: Configuration
    base: str = ""  # the name of the run that it is compared with
    seconds: float = 0  # the tests are repeated for so long: once takes less than it takes to sample them
    name: str = ""


class MemoryCost:
    """samples[name of a run]: one {"target", "tracer", "kernel", "cpu"} for each round: bytes at the peak of each, and
    seconds of the target. How long it takes does not count, so they run side by side."""

    def __init__(self, tmbpf: TmbpfCommand, python: str, runs: list, few: bool) -> None:
        self._tmbpf = tmbpf
        self._python = python
        self._few = few
        self.runs = runs
        self.samples: dict = {each.name: [] for each in runs}
        self.tests = 0

    def measure(self, rounds: int, doing: Callable) -> None:
        """`doing`(name of a run): a context for each."""
        def sample(run: MemoryRun) -> dict:
            with doing(run.name):
                return self._sample(run)

        for _ in range(rounds):
            for run, found in zip(self.runs, side_by_side(sample, [(run,) for run in self.runs])):
                self.samples[run.name].append(found)

    def part(self, name: str, part: str) -> Spread:
        return Spread.of([sample[part] for sample in self.samples[name]])

    def more(self, run: MemoryRun, parts: tuple = ("target", "tracer", "kernel")) -> Spread:
        """Percent of the untraced target's memory that these parts are; of the target's what it has more."""
        def percent(sample: dict, untraced: dict) -> float:
            grown = sum(sample[part] - (untraced["target"] if part == "target" else 0) for part in parts)
            return 100 * grown / untraced["target"]
        return Spread.of(list(map(percent, self.samples[run.name], self.samples[run.base])))

    def _sample(self, run: MemoryRun) -> dict:
        with BenchTarget(self._python, ("workload_target.py", WORKLOAD), WITH_PACKAGES) as target:
            target.receive_first()
            with traced(self._tmbpf, target, run.configuration):
                with self._watched(target, run.configuration) as tracer:
                    done = target.ask("long_run", few=self._few, seconds=run.seconds)
                target_peak = done["peak"]
        self.tests = done["tests"]
        return {"target": target_peak, "cpu": done["cpu"] * 1e-9, **tracer}

    @contextlib.contextmanager
    def _watched(self, target: BenchTarget, configuration: Configuration):
        """Yields {"tracer", "kernel"}, the most that tmbpf's status said while the block ran and at its end."""
        peak = {"tracer": 0, "kernel": 0}
        if not configuration.start_options:
            yield peak
            return
        ended = threading.Event()

        def look() -> None:
            status = self._tmbpf.status(target.pid)
            now = {"kernel": status["kernel_memory"], "tracer": status["tracer_memory"] - status["kernel_memory"]}
            peak.update({part: max(most, now[part]) for part, most in peak.items()})

        def watch() -> None:
            while not ended.wait(SAMPLE_SECONDS):
                look()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield peak
        finally:
            ended.set()
            watcher.join()
        look()
