# SPDX-License-Identifier: Apache-2.0
"""A running target.py, and what went wrong when it does not answer."""
import contextlib
import json
import os
import select
import subprocess
import time

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "target.py")
ANSWER_SECONDS = 120  # the longest command allocates a million traced blocks: some seconds
TEXT_KEPT = 2000


class BenchFailed(Exception):
    """Something broke; the text says what. A slow figure is never one."""


class BenchTarget:
    """Leaving the with block ends the process."""

    def __init__(self, python: str) -> None:
        environment = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.defpath}
        self._process = subprocess.Popen(
            [python, "-s", "-S", "-B", TARGET], env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self._process.pid

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
