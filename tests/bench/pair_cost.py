# SPDX-License-Identifier: Apache-2.0
"""What an allocation and its free cost under each tracer, in one process that they take turns in.

One round is every configuration once, in the same order; a ratio is taken within its round, so
that a machine that is slower for a while does not look like a slower tracer. Nanoseconds are of
the target's CPU time, per turn of a case's loop.
"""
from collections.abc import Callable

from bench_target import BenchTarget
from configuration import BARE, TRACEMALLOC, UNTRACED, Configuration, options_of, traced
from spread import Spread
from target import CASES
from tmbpf_command import TmbpfCommand

FIRST_TURNS = 200
SCALED_FROM_NS = 5_000_000  # a shorter run says too little to scale from


EXACT = options_of("exact")
TMBPF = {frames: Configuration(f"exact {frames}", (*EXACT, "--frames", frames)) for frames in (1, 10, 25)}
NO_LISTS = Configuration("10 no lists", (*EXACT, "--frames", 10, "--no-freelists"), short="no lists")
EXCLUDED = Configuration("10 excluded", (*EXACT, "--frames", 10, "--exclude", "*"), short="excluded")
CONFIGURATIONS = (UNTRACED, BARE, EXCLUDED, NO_LISTS, *TMBPF.values(), TRACEMALLOC[1], TRACEMALLOC[25])
MEASURABLE = 0.2  # of an untraced turn: less may be noise
RATIOS = ((EXCLUDED, BARE), (TMBPF[1], BARE), (TMBPF[10], BARE), (TMBPF[25], BARE), (TMBPF[10], NO_LISTS),
          (TMBPF[1], TRACEMALLOC[1]), (TMBPF[25], TRACEMALLOC[25]))


class PairCost:
    """samples[case][configuration name]: one {"cpu", "wall"} of ns per turn for each round."""

    def __init__(self, tmbpf: TmbpfCommand, target: BenchTarget, seconds: float) -> None:
        self._tmbpf = tmbpf
        self._target = target
        self._nanoseconds = seconds * 1e9
        self._turns: dict = {}
        self.samples: dict = {case: {each.name: [] for each in CONFIGURATIONS} for case in CASES}
        self.lost: dict = {}  # configuration name: lost events, where there were any

    def measure(self, rounds: int, doing: Callable) -> None:
        """`doing`(): a context for each round."""
        for _ in range(rounds):
            with doing():
                for configuration in CONFIGURATIONS:
                    with traced(self._tmbpf, self._target, configuration):
                        for case in CASES:
                            self._sample(case, configuration)
                        self._look_for_losses(configuration)

    def turns(self, case: str, configuration: Configuration) -> int:
        """How many turns take about the time that one measurement should take."""
        key = case, configuration.name
        if key not in self._turns:
            turns, cpu = FIRST_TURNS, 0
            while cpu < SCALED_FROM_NS:
                turns *= 2
                cpu = self._target.ask("run", case=case, turns=turns)["cpu"]
            self._turns[key] = max(turns, int(turns * self._nanoseconds / cpu))
        return self._turns[key]

    def costs(self, case: str, configuration: Configuration) -> list:
        """What the tracer adds to a turn, per round."""
        return [sample["cpu"] - untraced["cpu"] for sample, untraced in
                zip(self.samples[case][configuration.name], self.samples[case][UNTRACED.name])]

    def cost(self, case: str, configuration: Configuration) -> float:
        return Spread.of(self.costs(case, configuration)).median

    def time(self, case: str, configuration: Configuration) -> Spread:
        return Spread.of([sample["cpu"] for sample in self.samples[case][configuration.name]])

    def ratio(self, case: str, configuration: Configuration, base: Configuration) -> "Spread | None":
        """Of the added costs. None when the base adds nothing that can be told from noise."""
        floors = self.costs(case, base)
        if min(floors) < MEASURABLE * self.time(case, UNTRACED).median:
            return None
        return Spread.of([cost / floor for cost, floor in zip(self.costs(case, configuration), floors)])

    def _sample(self, case: str, configuration: Configuration) -> None:
        turns = self.turns(case, configuration)
        sample = self._target.ask("run", case=case, turns=turns)
        self.samples[case][configuration.name].append(
            {clock: nanoseconds / turns for clock, nanoseconds in sample.items()})

    def _look_for_losses(self, configuration: Configuration) -> None:
        if configuration in (EXCLUDED, NO_LISTS, *TMBPF.values()):
            lost = self._tmbpf.status(self._target.pid)["lost"]
            if lost:
                self.lost[configuration.name] = self.lost.get(configuration.name, 0) + lost
