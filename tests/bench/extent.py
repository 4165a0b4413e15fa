# SPDX-License-Identifier: Apache-2.0
"""How much of each part is measured."""
import dataclasses

import leaks
from configuration import BARE, CONTROL, TRACEMALLOC, tmbpf_configurations, with_budget, with_frames
from view_time import GOAL_TRACES
from workloads import NAMES

MIB = 1 << 20
SNAPSHOT_GOAL_BLOCKS = 1_000_000


@dataclasses.dataclass(frozen=True)
class Extent:
    quick: bool
    # tracing
    rounds: int
    seconds: float  # of one measurement
    first_numbers: int
    cycles: int
    snapshots: int
    held_blocks: int
    # views
    view_rounds: int
    viewed_traces: int
    # workloads
    workload_rounds: int
    workload_seconds: float
    steady_seconds: float  # of one measurement in a mode that acts from time to time, after as many to settle
    workloads: tuple
    memray_workloads: tuple
    # memory
    memory_rounds: int
    memory_depths: tuple
    # leaks
    leaks: tuple
    leaked_bytes: int
    leak_rate: int  # bytes a second

    def configurations(self, modes: tuple) -> list:
        """Of the workloads, but for memray."""
        if not self.quick:
            return [CONTROL, BARE, *TRACEMALLOC.values(), *tmbpf_configurations(modes)]
        fit = [with_frames(*each) for each in (("exact", 1), ("exact", 25), ("live", 1), ("live", 10), ("sampled", 10))
               if each[0] in modes]
        return [CONTROL, BARE, TRACEMALLOC[1], TRACEMALLOC[25], *fit, *([with_budget(10)] if "auto" in modes else [])]


FULL = Extent(quick=False, rounds=5, seconds=0.2, first_numbers=5, cycles=20, snapshots=3,
              held_blocks=SNAPSHOT_GOAL_BLOCKS, view_rounds=3, viewed_traces=GOAL_TRACES,
              workload_rounds=5, workload_seconds=0.3, steady_seconds=2, workloads=NAMES, memray_workloads=NAMES,
              memory_rounds=2, memory_depths=(1, 10, 100), leaks=leaks.NAMES, leaked_bytes=20 * MIB, leak_rate=MIB)
QUICK = Extent(quick=True, rounds=2, seconds=0.04, first_numbers=2, cycles=3, snapshots=1, held_blocks=200_000,
               view_rounds=2, viewed_traces=500_000,
               workload_rounds=1, workload_seconds=0.05, steady_seconds=1,
               workloads=("micro_object", "micro_dict", "json_documents", "flask_app"),
               memray_workloads=("micro_object", "json_documents"),
               memory_rounds=1, memory_depths=(10,),
               leaks=("dict_cache", "list_append", "threads", "slow_leak"), leaked_bytes=10 * MIB,
               leak_rate=5 * MIB)
