# SPDX-License-Identifier: Apache-2.0
"""How soon a target runs at its untraced speed again when tmbpf is killed."""
import os
import signal
import statistics
import time

from bench_target import BenchTarget
from configuration import options_of
from spread import Spread
from tmbpf_command import TmbpfCommand

CASE = "object"
TURNS = 20_000  # about 1 ms untraced
UNTRACED_AGAIN = 2  # times the untraced time of a turn: traced it is many times that
IN_A_ROW = 3
PROBES_SECONDS = 10  # without any: killed all the same
LIMIT_SECONDS = 4  # after which it is taken for slow for ever


def measure_kills(tmbpf: TmbpfCommand, python: str, mode: str, times: int) -> Spread:
    """Wall seconds from SIGKILL to the first of IN_A_ROW runs that are untraced, LIMIT_SECONDS at most."""
    seconds = []
    for _ in range(times):
        with BenchTarget(python) as target:
            seconds.append(seconds_after_kill(tmbpf, target, mode))
    return Spread.of(seconds)


def seconds_after_kill(tmbpf: TmbpfCommand, target: BenchTarget, mode: str) -> float:
    untraced = statistics.median(run(target) for _ in range(20))
    tmbpf.start(target.pid, *options_of(mode))
    tracer = tmbpf.session_pid(target.pid)  # our own: the session that was just started
    wait_until_slow(target, untraced)
    os.kill(tracer, signal.SIGKILL)
    killed = time.perf_counter()
    quick, first = 0, 0.0
    while quick < IN_A_ROW:
        begin = time.perf_counter()
        if begin - killed > LIMIT_SECONDS:
            return LIMIT_SECONDS
        quick = quick + 1 if run(target) < UNTRACED_AGAIN * untraced else 0
        if quick == 1:
            first = begin
    return first - killed


def wait_until_slow(target: BenchTarget, untraced: float) -> None:
    """Until there are probes: a mode that has them from time to time is killed while it has."""
    end = time.perf_counter() + PROBES_SECONDS
    while run(target) < UNTRACED_AGAIN * untraced and time.perf_counter() < end:
        pass


def run(target: BenchTarget) -> int:
    return target.ask("run", case=CASE, turns=TURNS)["cpu"]
