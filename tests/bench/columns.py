# SPDX-License-Identifier: Apache-2.0
"""In which configurations a workload is measured, how often and for how long.

What the goals are about gets the rounds; the others say what the same costs at another depth. Stacks deeper than 25
frames are where --frames 100 differs from 25.
"""
import dataclasses

from configuration import (BARE, BUDGETS, DEPTHS, MEMRAY, MEMRAY_BLOCKS, TRACEMALLOC, Configuration, with_budget,
                           with_frames)
from extent import Extent
from plan import Step

DEEP = ("deep_recursion", "flask_app", "test_suite")  # have stacks of more than 25 frames
DEEP_FRAMES = 100
AFTER_SWITCH_SECONDS = 0.02
SWITCH_SECONDS = 0.7  # `tmbpf start` and `tmbpf stop` together, as performance.md's machine takes
TRACED_TURN = {"test_suite": 1.0}  # seconds, about; the others' turns are short
BEGIN_SECONDS = 0.6  # of a workload: Python starts, imports, warms up


@dataclasses.dataclass(frozen=True)
class Column:
    configuration: Configuration
    rounds: int
    seconds: float  # of a measurement
    untraced: float  # seconds of the untraced run before it and after it
    settle: float = AFTER_SWITCH_SECONDS  # before the measurement

    @property
    def name(self) -> str:
        return self.configuration.name

    def cost(self, workload: str) -> float:
        """Seconds of all rounds, about."""
        turn = TRACED_TURN.get(workload, 0)
        switch = SWITCH_SECONDS if self.configuration.start_options else 0
        return self.rounds * (switch + max(self.settle, turn) + max(self.seconds, turn) + self.untraced)


def columns_of(workload: str, extent: Extent, modes: tuple) -> list:
    modes = tuple(mode for mode in modes if workload not in extent.left_out_when_long or mode in ("exact", "live"))
    return [*short_columns(workload, extent, modes), *auto_columns(extent, modes), *sampled_columns(extent, modes)]


def short_columns(workload: str, extent: Extent, modes: tuple) -> list:
    """Stdlib tracemalloc, bare probes, and the modes that go on all the time."""
    def column(configuration: Configuration, more: bool) -> Column:
        return Column(configuration, extent.goal_rounds if more else extent.side_rounds, extent.short_seconds,
                      extent.short_seconds / 2)

    def fits(frames: int) -> bool:
        if extent.every_depth:
            return True
        return frames in extent.depths and (frames < DEEP_FRAMES or workload in DEEP)

    columns = [column(TRACEMALLOC[frames], frames != 10) for frames in DEPTHS
               if fits(frames) and (frames != 10 or extent.every_depth or workload.startswith("micro"))]
    columns.append(column(BARE, False))
    for mode in ("exact", "live"):
        if mode in modes:
            columns += [column(with_frames(mode, frames), frames == 1 or (mode == "exact" and frames != 10))
                        for frames in DEPTHS if fits(frames)]
    return columns


def sampled_columns(extent: Extent, modes: tuple) -> list:
    """The default depth is the one that counts: the budget is kept at each."""
    depths = DEPTHS if extent.every_depth else (10,)
    return [Column(with_frames("sampled", frames), extent.sampled_rounds, extent.sampled_seconds,
                   extent.long_untraced, settle=0) for frames in depths if "sampled" in modes]


def auto_columns(extent: Extent, modes: tuple) -> list:
    if "auto" not in modes:
        return []
    return [Column(with_budget(budget), extent.auto_rounds, extent.auto_seconds, extent.long_untraced,
                   settle=extent.auto_settle) for budget in (BUDGETS if extent.every_budget else (10,))]


def memray_columns(extent: Extent, modes: tuple) -> list:
    traced = [MEMRAY, MEMRAY_BLOCKS, TRACEMALLOC[1]]
    traced += [with_frames(mode, 10) for mode in ("exact", "live") if mode in modes]
    return [Column(each, extent.side_rounds, extent.short_seconds, extent.short_seconds / 2) for each in traced]


def plan(part: str, workload: str, columns: list) -> list:
    return [Step(part, workload, "begin", "begin", 1, BEGIN_SECONDS),
            *(Step(part, workload, kind_of(each.configuration), each.name, each.rounds, each.cost(workload))
              for each in columns)]


def kind_of(configuration: Configuration) -> str:
    """Those of one kind are columns of one table."""
    return configuration.mode or "others"
