# SPDX-License-Identifier: Apache-2.0
"""Runs one of workloads/ as it is told on stdin: workload_target.py NAME.

One JSON object per line each way. {"do": "run", "seconds": S} is answered with {"cpu": ns, "wall": ns, "turns": N}
of as many turns as it takes until so much wall time is over, one at least; "tracemalloc" switches the stdlib's own
tracer ("frames": 0 is off), "memray" that one ("on": 0 is off; "allocators": Python's blocks, too). "long_run", of the
test suite, runs more of it, or a "few" modules, again until "seconds" are over: "tests", "cpu" of it all, and "peak",
the most bytes resident. Ends with stdin. The CPU time is that of the process: a workload may have threads, and other
processes that it starts (the Flask app's client) are not in it.
"""
import importlib
import json
import os
import resource
import sys
import tempfile
import time
import tracemalloc


class Memray:
    """Its tracker writes to a file that nobody reads."""

    def __init__(self):
        self._tracker = None
        self._path = os.path.join(tempfile.gettempdir(), f"bench-{os.getpid()}.memray")

    def switch(self, on, allocators=0):
        if on:
            import memray  # where it is: nothing else needs it
            self._tracker = memray.Tracker(self._path, trace_python_allocators=bool(allocators))
            self._tracker.__enter__()
        elif self._tracker:
            self._tracker.__exit__(None, None, None)
            self._tracker = None
            os.unlink(self._path)
        return {}


def run(workload, seconds):
    turns, wall, cpu = 0, time.perf_counter_ns(), time.process_time_ns()
    end = wall + int(seconds * 1e9)
    while time.perf_counter_ns() < end or not turns:
        workload.turn()
        turns += 1
    return {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall, "turns": turns}


def long_run(workload, few, seconds):
    tests, cpu, end = 0, time.process_time_ns(), time.perf_counter() + seconds
    while time.perf_counter() < end or not tests:
        tests = workload.run(workload.FEW_MODULES if few else workload.MORE_MODULES)
    cpu = time.process_time_ns() - cpu
    return {"tests": tests, "cpu": cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10}


def switch_tracemalloc(frames):
    if frames:
        tracemalloc.start(frames)
    else:
        tracemalloc.stop()
    return {}


def answer(workload, memray, command):
    what = command.pop("do")
    if what == "run":
        return run(workload, **command)
    if what == "long_run":
        return long_run(workload, **command)
    if what == "tracemalloc":
        return switch_tracemalloc(**command)
    if what == "memray":
        return memray.switch(**command)
    raise ValueError(f"unknown command {what!r}")


def main():
    workload = importlib.import_module("workloads." + sys.argv[1])
    memray = Memray()
    getattr(workload, "prepare", lambda: None)()
    try:
        print(json.dumps({"description": workload.__doc__.splitlines()[0]}), flush=True)
        for line in iter(sys.stdin.readline, ""):
            print(json.dumps(answer(workload, memray, json.loads(line))), flush=True)
    finally:
        memray.switch(0)
        getattr(workload, "close", lambda: None)()


if __name__ == "__main__":
    main()
