# SPDX-License-Identifier: Apache-2.0
"""How much of each part is measured."""
import dataclasses

import leaks
from configuration import MODES
from view_time import GOAL_TRACES
from workloads import NAMES

MIB = 1 << 20
SNAPSHOT_GOAL_BLOCKS = 1_000_000
# Strings, lists and dicts in short loops, which micro_object, micro_dict and json_documents have, too.
LIKE_OTHERS = ("micro_list", "micro_str", "word_count")


@dataclasses.dataclass(frozen=True)
class Extent:
    name: str
    # tracing
    every_python: bool  # else only the one that the workloads run on
    rounds: int
    seconds: float  # of one measurement
    first_numbers: int
    cycles: int
    snapshots: int
    held_blocks: int
    kills: int
    window_kills: int  # in the modes that attach and detach all the time: a kill may come in the midst of that
    # views
    view_rounds: int
    viewed_traces: int
    # workloads
    workloads: tuple
    left_out_when_long: tuple  # workloads that sampled and auto are not measured on
    memray_workloads: tuple
    every_depth: bool  # on each workload and in each mode
    depths: tuple  # else these, where they say something (columns.py)
    every_budget: bool
    goal_rounds: int  # of the columns of goals
    side_rounds: int  # of the others
    short_seconds: float  # of a measurement
    sampled_rounds: int
    sampled_seconds: float  # of a measurement, from the attaching on: less than 20 are hardly sampled
    auto_rounds: int
    auto_settle: float
    auto_seconds: float
    long_untraced: float  # seconds untraced between the measurements of sampled and auto
    # memory
    memory_rounds: int
    memory_depths: tuple
    memory_live_depths: tuple
    memory_peer_depths: tuple  # of tracemalloc
    few_tests: bool
    sampled_tests: float  # seconds that the tests are repeated for when sampled
    # leaks
    leaks: tuple
    leak_modes: tuple
    leaked_bytes: int  # by all lines; a twentieth of them before the first snapshot
    leak_seconds: float  # in the modes that always see it
    sampled_leak_seconds: float

    def kills_in(self, mode: str) -> int:
        return self.kills if mode in ("exact", "live") else self.window_kills


# The default: 55 minutes with all modes on two CPUs (plan_test.py).
DEFAULT = Extent(
    name="default", every_python=False, rounds=5, seconds=0.07, first_numbers=5, cycles=10, snapshots=3,
    held_blocks=SNAPSHOT_GOAL_BLOCKS, kills=3, window_kills=20, view_rounds=1, viewed_traces=GOAL_TRACES,
    workloads=NAMES, left_out_when_long=LIKE_OTHERS, memray_workloads=("micro_object", "json_documents", "flask_app"),
    every_depth=False, depths=(1, 10, 25, 100), every_budget=True, goal_rounds=2, side_rounds=1, short_seconds=0.2,
    sampled_rounds=5, sampled_seconds=20, auto_rounds=3, auto_settle=2, auto_seconds=4, long_untraced=2,
    memory_rounds=1, memory_depths=(1, 10, 100), memory_live_depths=(10,), memory_peer_depths=(1,),
    few_tests=False, sampled_tests=20,
    leaks=leaks.NAMES, leak_modes=("exact", "live", "sampled"), leaked_bytes=13 * MIB, leak_seconds=3,
    sampled_leak_seconds=60)
THOROUGH = dataclasses.replace(
    DEFAULT, name="thorough", every_python=True, seconds=0.2, cycles=20, kills=5, window_kills=50, view_rounds=3,
    left_out_when_long=(), memray_workloads=NAMES, every_depth=True, goal_rounds=5, side_rounds=5, short_seconds=0.3,
    auto_rounds=5, auto_settle=5, auto_seconds=20, long_untraced=3, memory_rounds=2,
    memory_live_depths=(1, 10, 100), memory_peer_depths=(1, 10, 100),
    leak_modes=MODES, sampled_leak_seconds=120, leaked_bytes=20 * MIB, leak_seconds=20)
QUICK = dataclasses.replace(
    DEFAULT, name="quick", rounds=2, seconds=0.04, first_numbers=2, cycles=3, snapshots=1, held_blocks=200_000,
    kills=2, window_kills=5, view_rounds=2, viewed_traces=500_000,
    workloads=("micro_object", "micro_dict", "json_documents", "flask_app"),
    memray_workloads=("micro_object", "json_documents"), depths=(1, 25), every_budget=False, goal_rounds=1,
    short_seconds=0.05, sampled_rounds=1, sampled_seconds=5, auto_settle=1, auto_seconds=2, long_untraced=0.5,
    memory_depths=(10,), memory_peer_depths=(10,), few_tests=True, sampled_tests=5,
    leaks=("dict_cache", "list_append", "threads", "slow_leak"), leak_seconds=2, sampled_leak_seconds=15)
