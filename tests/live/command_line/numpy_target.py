# SPDX-License-Identifier: Apache-2.0
"""Makes NumPy arrays when it is told to; watches itself, and writes what tracemalloc says to FILE.

    numpy_target.py [FILE]
"""
import gc
import os
import pickle
import sys
import tracemalloc

import numpy

kept = []


def keep_arrays() -> None:
    kept.append([numpy.zeros((number, 10), dtype=numpy.float64) for number in range(1, 200)])  # zeros
    kept.append(numpy.arange(100000))  # arange
    kept.append(kept[-1] * 2)  # product
    kept.append([numpy.empty(size, dtype=numpy.uint8) for size in (0, 1, 16, 511, 512, 513, 5000)])  # small
    grown = numpy.ones(10)
    for size in (1000, 100, 20000):
        grown.resize(size, refcheck=False)  # resized
    kept.append(grown)
    for _ in range(100):
        numpy.zeros(1000) + 1


def do(command: str, output: str) -> None:
    if command == "watch":
        tracemalloc.start(5)
    elif command == "make":
        gc.collect()
        keep_arrays()
        gc.collect()
    elif command == "drop":
        kept.clear()
    elif command == "write":
        traces = tracemalloc._get_traces()
        tracemalloc.stop()
        with open(output, "wb") as file:
            pickle.dump(traces, file, 4)


def main() -> None:
    keep_arrays()
    kept.clear()
    gc.collect()
    gc.disable()
    os.write(1, b"ready\n")
    line = sys.stdin.readline()
    while line:
        do(line.strip(), *sys.argv[1:2] or [""])
        os.write(1, b"done\n")
        line = sys.stdin.readline()


if __name__ == "__main__":
    main()
