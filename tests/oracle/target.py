# SPDX-License-Identifier: Apache-2.0
"""Runs one program of tests/programs so that its allocations are alike in every mode.

    target.py PROGRAM --mode {tracemalloc,allocator,tmbpf} --frames N --output OUT

Runs under every CPython from 3.8 on. The modes take the same path through this file; they differ in
who watches:

tracemalloc  stdlib tracemalloc as every user has it. Besides the allocator it follows free
             lists: an object that is handed out again gets the traceback of its new owner.
allocator    stdlib tracemalloc with that one thing off (tracemalloc_modes.py). What is left is
             exactly what the allocator was asked for, in tracemalloc's own words.
tmbpf        nothing inside; the harness attaches while the process waits.

What is measured lies between two points, "ready" and "done". At each the program writes the
word to stdout and waits for one byte on stdin. What makes runs comparable:

- the cyclic collector never runs by itself. It runs here, at the same place in every mode: once
  before run(), which also empties the free lists, so that what the wait left in them cannot
  matter, and once after run(), which frees what the free lists still hold;
- run() has been called once before, so that imports, caches and specialised code are settled;
- stdlib tracemalloc keeps the file names of all that it saw alive: a program whose code dies must
  hold that code's file name itself;
- the allocations of this file itself differ between modes and are left out by its name.

OUT gets a list (pickle): the traces as tracemalloc has them (modes tracemalloc and allocator).
"""
import argparse
import gc
import importlib.util
import os
import pickle
import sys
import tracemalloc
import types

from tracemalloc_modes import FreeLists


def load_program(path: str) -> types.ModuleType:
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location("program_" + name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"not a Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def wait_at(point: bytes) -> None:
    os.write(1, point)
    if not os.read(0, 1):
        raise SystemExit("the harness has gone")


def forget_names() -> None:
    """Empties the cache of attribute look-ups. It keeps names alive, and which of them depends on
    their addresses; a name that is alive from the first run is not made by the second, and one that
    only the cache has is no block of the program's."""
    getattr(sys, "_clear_internal_caches", getattr(sys, "_clear_type_cache", None))()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--mode", choices=("tracemalloc", "allocator", "tmbpf"), required=True)
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    program = load_program(options.program)
    free_lists = FreeLists() if options.mode == "allocator" else None

    program.run()
    forget_names()
    gc.collect()
    gc.disable()
    wait_at(b"ready\n")
    if options.mode != "tmbpf":
        tracemalloc.start(options.frames)
    if free_lists:
        free_lists.ignore()
    gc.collect()
    kept = program.run()
    forget_names()
    gc.collect()
    if options.mode != "tmbpf":
        if free_lists:
            free_lists.notice()
        traces = tracemalloc._get_traces()  # take_snapshot would add a line of its own
        tracemalloc.stop()
        with open(options.output, "wb") as file:
            pickle.dump(traces, file, 4)
    wait_at(b"done\n")
    return 0 if kept is not None else 1


if __name__ == "__main__":
    sys.exit(main())
