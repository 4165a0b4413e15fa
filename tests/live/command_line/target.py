# SPDX-License-Identifier: Apache-2.0
"""The process that the command line's tests trace, for any Python since 3.6: does one command per
line of its standard input and answers with a line. Exits when the input ends."""
import gc
import os
import signal
import sys
import time

kept = []


def hold(count: int, size: int) -> None:
    """Keeps `count` bytes objects; each is one block of sys.getsizeof(bytes(size)) bytes."""
    slots = [None] * count
    kept.append(slots)
    for i in range(count):
        slots[i] = bytes(size)  # held


def leak(seconds: float) -> int:
    """Keeps one of a hundred blocks of 333 bytes that one line makes, and drops the others at once."""
    number, end = 0, time.monotonic() + seconds
    slots = [None] * 1000000
    kept.append(slots)
    while time.monotonic() < end:
        for i in range(100):
            slots[number] = bytes(300)  # leaked
        number += 1
    return number


def compile_again(count: int) -> None:
    """Compiles one small template so often, and runs it: new code objects each time."""
    for i in range(count):
        names = {}
        exec(compile("def make():\n    return [bytes(100)]\nmade = make()\n", "template", "exec"), names)


class Instance:
    pass


def make(kind: str) -> object:
    """Keeps an object of that kind."""
    if kind == "bytes":
        kept.append(bytes(400))  # made bytes
    elif kind == "set":
        kept.append(set())  # made set
    elif kind == "instance":
        kept.append(Instance())  # made instance
    else:
        kept.append(bytes(100_000))  # made large
    return kept[-1]


def pairs_per_second(seconds: float) -> float:
    """Allocations, each freed at once, per second of CPU time: other processes do not count."""
    pairs = 0
    begin = now = time.process_time()
    while now < begin + seconds:
        for i in range(1000):
            bytes(100)
        pairs += 1000
        now = time.process_time()
    return pairs / (now - begin)


def read_line() -> str:
    # Unbuffered: what an executed program is to read must not be taken by this one.
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line.decode()


def answer(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def start_tracemalloc() -> None:
    import tracemalloc
    tracemalloc.start()


def do(command: str, words: list) -> None:
    if command == "hold":
        hold(int(words[0]), int(words[1]))
        gc.collect()  # empties the free lists: what hold() gave back to them carries its line
        answer("held")
    elif command == "compile":
        compile_again(int(words[0]))
        answer("compiled")
    elif command == "make":
        answer(str(id(make(words[0]))))
    elif command == "leak":
        answer(str(leak(float(words[0]))))
    elif command == "drop":
        kept.clear()
        answer("dropped")
    elif command == "speed":
        answer(str(pairs_per_second(float(words[0]))))
    elif command == "tracemalloc":
        start_tracemalloc()
        answer("started")
    elif command == "execute":
        os.execv(words[0], words)
    elif command == "churn":
        answer("churning")
        while True:
            hold(1, 1000)
            kept.clear()
    elif command == "exit":
        sys.exit(int(words[0]))


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answer("ready")
    line = read_line()
    while line:
        command, *words = line.split()
        do(command, words)
        line = read_line()


if __name__ == "__main__":
    main()
