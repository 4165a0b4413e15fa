# SPDX-License-Identifier: Apache-2.0
"""The process whose allocators change: does one command per line of its standard input, and answers
with a line. For any CPython since 3.8.

hold COUNT SIZE      keeps COUNT bytes objects of SIZE, made on the line marked "held"
custom LIBRARY       PyMem_SetAllocator for all three domains, by that library
tracemalloc          starts it
lists FILE COUNT     keeps COUNT lists, made on line 2 of what it calls FILE
legacy FILE COUNT    the same in a subinterpreter that shares this one's GIL
isolated FILE COUNT  the same in one with a GIL of its own
write FILE           tracemalloc's traces (pickle)
"""
import ctypes
import gc
import os
import pickle
import sys
import tracemalloc

kept = []
LISTS = "def make(count):\n    return [[None] * 50 for _ in range(count)]\nkept = make({count})\nimport gc\ngc.collect()"


def hold(count: int, size: int) -> None:
    slots = [None] * count
    kept.append(slots)
    for i in range(count):
        slots[i] = bytes(size)  # held


def make_interpreter(isolated: bool) -> tuple:
    """(module, id). From 3.12 the isolated ones have a GIL and an allocator of their own."""
    if sys.version_info < (3, 13):
        import _xxsubinterpreters as module
        options = {} if sys.version_info < (3, 9) else {"isolated": isolated}
        return module, module.create(**options)
    import _interpreters as module
    return module, module.create("isolated" if isolated else "legacy")


def keep_lists(kind: str, name: str, count: str) -> None:
    source = LISTS.format(count=count)
    if kind == "lists":
        space = {}
        exec(compile(source, name, "exec"), space)
        kept.append(space)
        return
    module, number = make_interpreter(kind == "isolated")
    kept.append(number)  # while it is referred to, it lives
    module.run_string(number, f"exec(compile({source!r}, {name!r}, 'exec'))")


def do(line: str) -> None:
    # Empties the free lists: what they hold may be from before the attach, or carry the command's
    # line though nobody has it any more.
    gc.collect()
    obey(line)
    gc.collect()


def obey(line: str) -> None:
    command, *words = line.split()
    if command == "hold":
        hold(int(words[0]), int(words[1]))
    elif command == "custom":
        library = ctypes.PyDLL(words[0])
        kept.append(library)
        library.replace_allocators()
    elif command == "tracemalloc":
        tracemalloc.start()
    elif command in ("lists", "legacy", "isolated"):
        keep_lists(command, *words)
    elif command == "write":
        traces = tracemalloc._get_traces()
        with open(words[0], "wb") as file:
            pickle.dump(traces, file, 4)


def answer(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def main() -> None:
    gc.disable()
    for command in sys.argv[1:]:
        do(command)
    answer("ready")
    while True:
        line = b""
        while not line.endswith(b"\n"):
            byte = os.read(0, 1)
            if not byte:
                return
            line += byte
        do(line.decode())
        answer("done")


if __name__ == "__main__":
    main()
