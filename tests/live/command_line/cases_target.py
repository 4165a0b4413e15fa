# SPDX-License-Identifier: Apache-2.0
"""The target of tracemalloc_cases_test.py, for any Python since 3.8: allocates what CPython's own cases
allocate, and tells where it lies. Answers each command with a line of numbers.

bytes SIZE           keeps a bytes object of that size in all: its id()
drop                 lets go of what it kept
list                 keeps a list out of the free list: its id()
twins SIZE SIZE      keeps two objects, made on one line: their id()s
cell                 keeps the cell of a closure, made by a frame that is not complete: its id()
deep DEPTH SIZE      likewise to bytes, below that many calls of one function
empty                blocks of no bytes, of the raw, the mem and the object domain: their addresses
track DOMAIN SIZE    PyTraceMalloc_Track for the address 4096; what it returned
again DOMAIN SIZE    the same from another line
untrack DOMAIN       PyTraceMalloc_Untrack for it; what it returned
free-track, free-untrack   the same without the GIL
race                 threads that track and untrack until the process ends
late                 an object that untracks itself while the interpreter finalizes
tracing              whether tracemalloc traces
"""
import ctypes
import gc
import os
import sys
import threading

ADDRESS = 4096
HEADER = sys.getsizeof(b"")
WITH_GIL = ctypes.pythonapi
WITHOUT_GIL = ctypes.CDLL(None)
DOMAIN, SIZE, POINTER = ctypes.c_uint, ctypes.c_size_t, ctypes.c_size_t
kept = []


def declare():
    for library in (WITH_GIL, WITHOUT_GIL):
        library.PyTraceMalloc_Track.argtypes = (DOMAIN, POINTER, SIZE)
        library.PyTraceMalloc_Untrack.argtypes = (DOMAIN, POINTER)
    for name in ("PyMem_RawMalloc", "PyMem_Malloc", "PyObject_Malloc"):
        getattr(WITH_GIL, name).argtypes = (SIZE,)
        getattr(WITH_GIL, name).restype = POINTER


def make_bytes(size):
    kept.append(bytes(int(size) - HEADER))  # bytes
    return id(kept[-1])


def drop():
    kept.clear()
    return 0


def make_list():
    gc.collect()
    found = []
    found = None
    found = []  # list
    kept.append(found)
    return id(found)


def make_twins(*sizes):
    for size in sizes:
        make_bytes(size)  # twins
    return id(kept[-2]), id(kept[-1])


def make_cell():
    def outer(captured):
        def inner():
            return captured
        return inner
    kept.append(outer(0).__closure__[0])  # cell
    return id(kept[-1])


def make_deep(depth, size):
    return make_deep(int(depth) - 1, size) if int(depth) > 0 else make_bytes(size)  # deep


def make_empty():
    return WITH_GIL.PyMem_RawMalloc(0), WITH_GIL.PyMem_Malloc(0), WITH_GIL.PyObject_Malloc(0)  # empty


def track(domain, size):
    return WITH_GIL.PyTraceMalloc_Track(int(domain), ADDRESS, int(size))  # track


def track_again(domain, size):
    return WITH_GIL.PyTraceMalloc_Track(int(domain), ADDRESS, int(size))  # again


def untrack(domain):
    return WITH_GIL.PyTraceMalloc_Untrack(int(domain), ADDRESS)


def track_freely(domain, size):
    return WITHOUT_GIL.PyTraceMalloc_Track(int(domain), ADDRESS, int(size))  # freely


def untrack_freely(domain):
    return WITHOUT_GIL.PyTraceMalloc_Untrack(int(domain), ADDRESS)


def track_and_untrack():
    address = threading.get_ident() % 100_000
    while True:
        WITHOUT_GIL.PyTraceMalloc_Track(5, address, 10)
        WITHOUT_GIL.PyTraceMalloc_Untrack(5, address)


def race():
    for _ in range(4):
        threading.Thread(target=track_and_untrack, daemon=True).start()
    return 0


class Late:
    # What it needs is its own: modules are emptied before.
    def __del__(self, untrack_it=WITH_GIL.PyTraceMalloc_Untrack, address=ADDRESS, write=os.write):
        untrack_it(5, address)
        write(1, b"untracked\n")


def keep_late():
    WITH_GIL.PyTraceMalloc_Track(5, ADDRESS, 1 << 20)
    sys.late = Late()
    return 0


def is_tracing():
    import tracemalloc
    return int(tracemalloc.is_tracing())


# By name, made once: what the free lists hold must not depend on what is looked up.
COMMANDS = {"bytes": make_bytes, "drop": drop, "list": make_list, "twins": make_twins, "cell": make_cell,
            "deep": make_deep, "empty": make_empty, "track": track, "again": track_again, "untrack": untrack,
            "free-track": track_freely, "free-untrack": untrack_freely, "race": race, "late": keep_late,
            "tracing": is_tracing}


def read_line():
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line.decode()


def main():
    declare()
    os.write(1, b"ready\n")
    line = read_line()
    while line:
        command, *words = line.split()
        answer = COMMANDS[command](*words)
        os.write(1, " ".join(map(str, answer if isinstance(answer, tuple) else (answer,))).encode() + b"\n")
        line = read_line()


if __name__ == "__main__":
    main()
