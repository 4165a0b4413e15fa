# SPDX-License-Identifier: Apache-2.0
"""The process that the benchmark measures: runs one loop at a time, as it is told on stdin.

One JSON object per line each way. {"do": "run", "case": NAME, "turns": N} is answered with
{"cpu": ns, "wall": ns}; "tracemalloc" switches the stdlib's own tracer ("frames": 0 is off);
"hold" allocates "count" blocks and keeps them; "churn" allocates and frees until the next line
arrives. Ends with stdin.

What is timed is the CPU time of the one thread: probes and programs run in the thread that hits
them, so it is the whole cost, and what else runs on the machine is not in it.
"""
import gc
import json
import os
import select
import sys
import time
import tracemalloc
from itertools import repeat

NESTED_FRAMES = 50
KEPT_PAIRS = 50_000  # more traces than the CPU's caches hold
HELD_FUNCTIONS = 200  # times HELD_DEPTHS: the number of different stacks of what is held
HELD_DEPTHS = 5
HELD_SIZES = 251  # with 2 added all are ints that exist already, so that each block is one request
CHURN_TURNS = 200  # between two looks at stdin


def object_pairs(turns):
    for _ in repeat(None, turns):
        object()


def kept_pairs(turns):
    while turns > 0:
        kept = [object() for _ in repeat(None, min(turns, KEPT_PAIRS))]
        turns -= len(kept)
        del kept


def strings(turns):
    number = 1234567
    for _ in repeat(None, turns):
        str(number)


def lists(turns):
    ten = tuple(range(10))
    for _ in repeat(None, turns):
        list(ten)


def floats(turns):
    number = 1234.5
    for _ in repeat(None, turns):
        number + 1.5


def tuples(turns):
    one = turns
    for _ in repeat(None, turns):
        (one, one)


def empty_lists(turns):
    for _ in repeat(None, turns):
        []


def dicts(turns):
    ten = dict.fromkeys(range(10))
    copy = ten.copy
    for _ in repeat(None, turns):
        copy()


def buffers(turns):
    for _ in repeat(None, turns):
        bytes(4096)


def list_growth(turns):
    hundred = range(100)
    for _ in repeat(None, turns):
        grown = []
        append = grown.append
        for number in hundred:
            append(number)


def nested_pairs(turns, depth=NESTED_FRAMES):
    if depth:
        nested_pairs(turns, depth - 1)
    else:
        object_pairs(turns)


# name: (function, what one turn of its loop does)
CASES = {
    "object": (object_pairs, "object(): one pair"),
    "kept": (kept_pairs, f"object(): {KEPT_PAIRS} kept, freed"),
    "str": (strings, "str(1234567): two pairs"),
    "list": (lists, "list of 10 ints: its items"),
    "dict": (dicts, "dict of 10 items: its keys"),
    "float": (floats, "float, from its free list"),
    "tuple": (tuples, "tuple of 2, from its free list"),
    "empty": (empty_lists, "[], from its free list"),
    "bytes": (buffers, "bytes(4096): raw domain"),
    "append": (list_growth, "list grown to 100: reallocs"),
    "deep": (nested_pairs, f"object() under {NESTED_FRAMES} frames"),
}


def run(case, turns):
    function = CASES[case][0]
    wall = time.perf_counter_ns()
    cpu = time.thread_time_ns()
    function(turns)
    cpu = time.thread_time_ns() - cpu
    return {"cpu": cpu, "wall": time.perf_counter_ns() - wall}


def switch_tracemalloc(frames):
    if frames:
        tracemalloc.start(frames)
    else:
        tracemalloc.stop()
    return {}


def make_holders():
    """Functions that return a new block each, every one on a line of its own."""
    source = "".join(f"def hold_{i}(size): return bytes(size)\n" for i in range(HELD_FUNCTIONS))
    names = {}
    exec(compile(source, "held.py", "exec"), names)
    return [names[f"hold_{i}"] for i in range(HELD_FUNCTIONS)]


def fill(kept, holders, begin, step, depth):
    if depth:
        fill(kept, holders, begin, step, depth - 1)
        return
    for i in range(begin, len(kept), step):
        kept[i] = holders[i % HELD_FUNCTIONS](2 + i % HELD_SIZES)


def hold(kept, count):
    begin = time.thread_time_ns()
    kept[:] = [None] * count
    holders = make_holders()
    for depth in range(HELD_DEPTHS):
        fill(kept, holders, depth, HELD_DEPTHS, depth)
    return {"cpu": time.thread_time_ns() - begin}


def waited(schedstat):
    """ns that this thread was ready to run and had no CPU: others had them."""
    return int(os.pread(schedstat, 100, 0).split()[1]) if schedstat is not None else 0


def open_schedstat():
    """None with a kernel that does not say it."""
    try:
        return os.open("/proc/thread-self/schedstat", os.O_RDONLY)
    except FileNotFoundError:
        return None


def churn():
    """Blocks that live for a moment, all the time; one batch is always held. "longest": wall ns between two of its
    looks at the clock, without what it waited for a CPU: how long it was stopped, if it was."""
    turns, longest = 0, 0
    schedstat = open_schedstat()
    print(json.dumps({}), flush=True)
    last = time.perf_counter_ns() - waited(schedstat)
    while not select.select([sys.stdin], [], [], 0)[0]:
        batch = [object() for _ in range(CHURN_TURNS)]
        strings(len(batch))
        turns += 1
        now = time.perf_counter_ns() - waited(schedstat)
        longest = max(longest, now - last)
        last = now
    sys.stdin.readline()
    if schedstat is not None:
        os.close(schedstat)
    return {"turns": turns, "longest": longest}


def main():
    kept = []
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        what = command.pop("do")
        if what == "run":
            answer = run(**command)
        elif what == "tracemalloc":
            answer = switch_tracemalloc(**command)
        elif what == "hold":
            answer = hold(kept, **command)
        elif what == "churn":
            answer = churn()
        else:
            raise ValueError(f"unknown command {what!r}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    gc.disable()  # its moments would fall into some loops and not into others
    main()
