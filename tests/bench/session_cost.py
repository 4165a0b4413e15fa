# SPDX-License-Identifier: Apache-2.0
"""What is paid once: attaching, detaching, the first numbers, a snapshot, the tracer's memory."""
import os
import time

from bench_target import BenchFailed, BenchTarget
from configuration import options_of
from spread import Spread
from tmbpf_command import TmbpfCommand

EXACT = options_of("exact")
NS_PER_MS = 1e6
SNAPSHOT_SUFFIXES = (".pickle", ".pb.gz")


def measure_first_numbers(tmbpf: TmbpfCommand, python: str, times: int) -> dict:
    """Seconds from the start of `tmbpf --once` to the first row; the target is busy all the time."""
    with BenchTarget(python) as target, target.churning():
        seconds = [tmbpf.seconds_to_first_numbers(target.pid) for _ in range(times)]
        with tmbpf.session(target.pid, *EXACT):
            attach = tmbpf.status(target.pid)["attach_seconds"]
    return {"first_numbers": Spread.of(seconds), "attach_seconds": attach}


def measure_cycles(tmbpf: TmbpfCommand, python: str, times: int) -> dict:
    """Wall seconds of `tmbpf start` and `tmbpf stop` on a busy target."""
    cycles = []
    with BenchTarget(python) as target, target.churning():
        for _ in range(times):
            with tmbpf.session(target.pid, *EXACT) as cycle:
                cycles.append(cycle)
    return {"cycles": times, **{step: Spread.of([cycle[step] for cycle in cycles])
                                for step in ("start", "stop")}}


def measure_snapshots(tmbpf: TmbpfCommand, python: str, blocks: int, times: int, folder: str) -> dict:
    """Wall seconds of `tmbpf snapshot` while the target holds so many blocks and goes on."""
    seconds: dict = {suffix: [] for suffix in SNAPSHOT_SUFFIXES}
    sizes = {}
    turns: list = []
    stops: dict = {"snapshots": [], "none": []}
    with BenchTarget(python) as target, tmbpf.session(target.pid, *EXACT):
        empty = tmbpf.status(target.pid)
        filling = target.ask("hold", count=blocks)["cpu"] * 1e-9
        before = tmbpf.status(target.pid)
        for _ in range(times):
            for suffix in SNAPSHOT_SUFFIXES:
                output = os.path.join(folder, "held" + suffix)
                with target.churning() as progress:
                    seconds[suffix].append(tmbpf.snapshot(target.pid, output))
                with target.churning() as quiet:
                    time.sleep(seconds[suffix][-1])
                sizes[suffix] = os.path.getsize(output)
                turns.append(progress["turns"])
                stops["snapshots"].append(progress["longest"] / NS_PER_MS)
                stops["none"].append(quiet["longest"] / NS_PER_MS)
        after = tmbpf.status(target.pid)
    if before["traces"] < blocks or min(turns) == 0:
        raise BenchFailed(f"{before['traces']} traces of {blocks} blocks, "
                          f"{min(turns)} turns of the target during the snapshots")
    return {"blocks": blocks, "traces": before["traces"], "lost": after["lost"],
            "filling_seconds": filling, "target_turns": turns,
            "seconds": {suffix: Spread.of(values) for suffix, values in seconds.items()},
            "stops": {what: Spread.of(values) for what, values in stops.items()},
            "file_bytes": sizes,
            "memory": {key: {"empty": empty[key], "filled": before[key], "after": after[key]}
                       for key in ("kernel_memory", "tracer_memory")}}
