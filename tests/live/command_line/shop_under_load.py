# SPDX-License-Identifier: Apache-2.0
"""A web shop that a second process visits without pause (tests/programs/shop.py, shop_client.py)."""
import contextlib
import json
import os
import subprocess
import threading
import time

from support import HERE, supported_pythons, wait_until

PROGRAMS = os.path.join(HERE, "..", "..", "programs")
END_SECONDS = 60


def python_with_flask() -> str:
    for python in supported_pythons():
        if subprocess.run([python, "-c", "import flask"], capture_output=True, check=False).returncode == 0:
            return python
    raise AssertionError("no supported Python has Flask: run scripts/setup")


class ShopUnderLoad:
    """Leaving the with block ends both processes."""

    def __init__(self, python: str, *options: str) -> None:
        """`options`: of shop.py."""
        words = {"text": True, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._shop = subprocess.Popen([python, "-W", "ignore", os.path.join(PROGRAMS, "shop.py"), *options],
                                      **words)
        self.pid = self._shop.pid
        port = self._shop.stdout.readline().strip()
        self._client = subprocess.Popen([python, "-I", os.path.join(PROGRAMS, "shop_client.py"), port, "--always"],
                                        **words)
        self._told: dict = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> "ShopUnderLoad":
        wait_until(lambda: self._told.get("answers"), "the shop answers")
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._client, self._shop):
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._reader.join()
        for process in (self._client, self._shop):
            process.stdout.close()

    @property
    def told(self) -> dict:
        """"answers", "errors", "last_error", "longest", as the client said last."""
        assert self._client.poll() is None and self._shop.poll() is None, "the shop or its client has ended"
        return self._told

    def rate(self, seconds: float) -> float:
        """Answers a second, from now on."""
        before, begin = self.told["answers"], time.monotonic()
        time.sleep(seconds)
        return (self.told["answers"] - before) / (time.monotonic() - begin)

    def _read(self) -> None:
        for line in self._client.stdout:
            self._told = json.loads(line)
