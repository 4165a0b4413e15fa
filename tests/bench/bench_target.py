# SPDX-License-Identifier: Apache-2.0
"""A running target.py or another of its kind, and what went wrong when it does not answer."""
import contextlib
import json
import os
import select
import subprocess
import time
from collections.abc import Callable

from python_root import command_in, split_path, wait_for_inner_pid

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
BIND = "tests"  # TESTS in a root
ANSWER_SECONDS = 300  # the longest command runs 5,000 tests; traced exactly they take a minute
TEXT_KEPT = 2000


class BenchFailed(Exception):
    """Something broke; the text says what. A slow figure is never one."""


def inside(python: str, arguments: Callable) -> list:
    """The command that runs this Python, in its root if it has one, with what `arguments` makes of the name that this
    folder has to it."""
    root, path = split_path(python)
    if not root:
        return [path, *arguments(HERE)]
    folder = os.path.join("/mnt", BIND, os.path.basename(HERE))
    return command_in(root, {TESTS: BIND}, [path, *arguments(folder)])


class BenchTarget:
    """`words`: a script of this folder and its arguments; `options`: Python's.

    Leaving the with block ends the process."""

    def __init__(self, python: str, words: tuple = ("target.py",), options: tuple = ("-S",)) -> None:
        command = inside(python, lambda folder: ["-s", "-B", *options, os.path.join(folder, words[0]), *words[1:]])
        environment = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.defpath}
        self._process = subprocess.Popen(command, env=environment, text=True, bufsize=1, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = wait_for_inner_pid(self._process.pid) if split_path(python)[0] else self._process.pid

    def __enter__(self) -> "BenchTarget":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()

    def ask(self, do: str, **arguments: object) -> dict:
        self._send(json.dumps({"do": do, **arguments}))
        return self._receive()

    @contextlib.contextmanager
    def churning(self):
        """Allocates and frees while the block runs. Yields a dict whose "turns" is set after it."""
        progress: dict = {}
        self.ask("churn")
        yield progress
        self._send("")
        progress.update(self._receive())

    def receive_first(self) -> dict:
        """What those say that say something before they are asked."""
        return self._receive()

    def _send(self, line: str) -> None:
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise BenchFailed("the target ended: " + self._last_words()) from None

    def _receive(self) -> dict:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not select.select([self._process.stdout], [], [], 1)[0]:
            if time.monotonic() > deadline:
                raise BenchFailed(f"the target did not answer within {ANSWER_SECONDS} s")
        line = self._process.stdout.readline()
        if not line:
            raise BenchFailed("the target ended: " + self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        return self._process.stderr.read().strip()[-TEXT_KEPT:]
