# SPDX-License-Identifier: Apache-2.0
"""Processes with children, for the tests of --follow: gunicorn, and a target that forks and executes."""
import collections
import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tracemalloc

from support import (RUN_DIRECTORY, TIMEOUT, CommandLineTest, Target, is_held, marked_line, remove_stale,
                     supported_pythons, wait_until)

HERE = os.path.dirname(os.path.abspath(__file__))
FAMILY_TARGET = os.path.join(HERE, "family_target.py")
APPLICATION = os.path.join(HERE, "leaking_application.py")


def children_of(pid: int) -> set:
    """Its children that run: a zombie is none."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state not in "ZX":
                found.add(int(name))
    return found


def bytes_on_line(snapshot: tracemalloc.Snapshot, path: str, line: int) -> tuple:
    """(bytes, blocks) of one line."""
    for statistic in snapshot.statistics("lineno"):
        frame = statistic.traceback[0]
        if (frame.filename, frame.lineno) == (path, line):
            return statistic.size, statistic.count
    return 0, 0


class FamilyTarget(Target):
    """A running family_target.py; what it forks and executes ends with it."""

    def __init__(self, python: str, directory: str) -> None:
        self.python = python
        self.directory = directory
        super().__init__(python, program=(FAMILY_TARGET, directory))

    def child(self, *words) -> int:
        """Has it make a child; its pid."""
        return int(self.ask(" ".join(map(str, words))))

    def words_for(self, *count: int) -> tuple:
        """The command line of a program that does as a child does; without a count, as the target."""
        return (self.python, "-S", FAMILY_TARGET, self.directory, *map(str, count))

    def tell(self, child: int, *words) -> None:
        """Has the child do that."""
        gate = os.path.join(self.directory, str(child))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(gate + ".held")
        with open(gate + ".told", "w", encoding="ascii") as file:
            file.write(" ".join(map(str, words)))
        os.rename(gate + ".told", gate)

    def answer_of(self, child: int) -> int:
        """The pid that it answered with what it was told."""
        held = os.path.join(self.directory, f"{child}.held")
        wait_until(lambda: os.path.exists(held), f"process {child} does as it was told")
        with open(held, encoding="ascii") as file:
            return int(file.read())

    def let_hold(self, child: int) -> None:
        self.tell(child)
        self.answer_of(child)


def expected_of_child(count: int) -> tuple:
    return count * sys.getsizeof(bytes(3000)), count


def held_by_child(snapshot: tracemalloc.Snapshot) -> tuple:
    return bytes_on_line(snapshot, FAMILY_TARGET, marked_line("held", FAMILY_TARGET))


def has_session(pid: int) -> bool:
    """A socket that a killed session left is none."""
    return os.path.exists(f"{RUN_DIRECTORY}/{pid}.sock") and is_held(pid)


class FollowTest(CommandLineTest):
    def family(self, python: "str | None" = None) -> FamilyTarget:
        python = python or supported_pythons()[0]
        target = self.enterContext(contextlib.closing(FamilyTarget(python, self.directory)))
        self.addCleanup(remove_stale, target.pid)
        return target

    def followed(self, target: FamilyTarget, *words) -> int:
        """The pid of a child that is made as `words` say, once it is traced."""
        child = target.child(*words)
        wait_until(lambda: has_session(child), f"process {child} is followed")
        return child

    def assert_holds(self, target: FamilyTarget, child: int, count: int) -> None:
        target.let_hold(child)
        self.assertEqual(held_by_child(self.snapshot(child)), expected_of_child(count))

    def members(self, pid: int) -> dict:
        return {member["pid"]: member for member in self.status(pid)["family"]}

    def wait_for_state(self, target: FamilyTarget, child: int, state: str) -> None:
        wait_until(lambda: self.members(target.pid)[child]["state"] == state, f"process {child} {state}")


class Gunicorn:
    """Debian's prefork server on a free port of the loopback, with an application that leaks."""

    def __init__(self, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.count = workers
        self.process = subprocess.Popen(
            [gunicorn_path(), "--workers", str(workers), "--bind", f"127.0.0.1:{self.port}", "--log-level", "error",
             "--pythonpath", HERE, "leaking_application:application"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.pid = self.process.pid
        try:
            wait_until(self._is_up, "gunicorn and its workers are there")
        except BaseException:
            self.close()
            raise

    def workers(self) -> set:
        return children_of(self.pid)

    def _is_up(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get() > 0 and len(self.workers()) == self.count
        return False

    def get(self) -> int:
        """One request: the pid of the worker that answered."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)) as connection:
            connection.request("GET", "/")
            return int(connection.getresponse().read())

    def serve_until_each_has_answered(self, requests: int) -> dict:
        """A bounded load; how often each worker answered."""
        workers = self.workers()
        answers = collections.Counter()

        def enough() -> bool:
            answers[self.get()] += 1
            return all(answers[worker] >= requests for worker in workers)
        wait_until(enough, f"each worker answers {requests} requests")
        return dict(answers)

    def replace_a_worker(self) -> int:
        """Kills one; the pid of the one that the server forks in its place."""
        before = self.workers()
        os.kill(min(before), signal.SIGKILL)
        return wait_until(lambda: self.workers() - before, "gunicorn forks another worker").pop()

    def close(self) -> None:
        workers = self.workers()
        self.process.kill()
        self.process.wait()
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def gunicorn_path() -> str:
    path = shutil.which("gunicorn")
    assert path, "gunicorn is not installed: run scripts/setup"
    return path
