# SPDX-License-Identifier: Apache-2.0
"""Four worker threads that remember every session."""
import queue
import threading

WORKERS = 4
JOBS = queue.Queue()
SESSIONS = []


def remember(number):
    SESSIONS.append([f"session {number}", "token".ljust(1500)])  # leaks


def work():
    while True:
        remember(JOBS.get())
        JOBS.task_done()


for _ in range(WORKERS):
    threading.Thread(target=work, daemon=True).start()


def step(number):
    JOBS.put(number)
    JOBS.join()
