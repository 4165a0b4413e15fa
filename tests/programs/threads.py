# SPDX-License-Identifier: Apache-2.0
"""Four threads that allocate and free at the same time, also what another thread allocated."""
import os
import threading
import time

THREADED = True

WORKERS = 4
ROUNDS = 5000


def work(name: int, mine: list, shared: list) -> None:
    for number in range(ROUNDS):
        mine.append("worker %d item %d" % (name, number))
        mine.append(bytes(number % 900))
        scratch = bytearray(number % 300)
        scratch.append(7)
        if number % 10 == 0:
            shared[name].append("shared %d %d" % (name, number))
        if number % 50 == 49:
            del mine[-20:]


def take(shared: list) -> list:
    return [text.upper() for one in shared for text in one]


def wait_until_alone() -> None:
    """A joined thread may still have its thread state (360 B) to free: wait until it is gone."""
    for _ in range(5000):
        if len(os.listdir("/proc/self/task")) == 1:
            return
        time.sleep(0.001)


def run() -> object:
    shared = [[] for _ in range(WORKERS)]
    private = [[] for _ in range(WORKERS)]
    threads = [threading.Thread(target=work, args=(index, private[index], shared))
               for index in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    del threads, thread
    wait_until_alone()
    taken = take(shared)
    for one in shared[::2]:
        one.clear()
    return private, shared, taken
