# SPDX-License-Identifier: Apache-2.0
"""A Python script as target, of any interpreter that the tests find: installed, or in a root."""
import os
import select
import subprocess

import support
from interpreters import Interpreter
from python_root import wait_for_inner_pid
from rows import test_rows
from target_run import TESTS


def interpreters_to_test(oldest: tuple = (3, 8)) -> list:
    """Those of the rows that TMBPF_TEST_ROWS chooses, from a version on."""
    return [python for python in test_rows() if python.version >= oldest]


class PythonTarget:
    """A script of tests/live/command_line that answers to lines. In a root it has a mount and a pid
    namespace of its own, the tests are /mnt/tests there, and `folder` is /mnt/shared."""

    def __init__(self, python: Interpreter, script: str, arguments: tuple = (), folder: str = "",
                 environment: "dict | None" = None, options: tuple = ()) -> None:
        self.folder = "/mnt/shared" if python.root and folder else folder
        self.script = f"{'/mnt/tests' if python.root else TESTS}/live/command_line/{script}"
        binds = {TESTS: "tests", **({folder: "shared"} if folder else {})}
        variables = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.defpath, **(environment or {})}
        self._process = subprocess.Popen(python.command(binds, [*options, "-B", self.script, *arguments]),
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                         env=variables)
        try:
            self.expect("ready")
            self.pid = wait_for_inner_pid(self._process.pid) if python.root else self._process.pid
        except (AssertionError, RuntimeError):
            self.close()
            raise

    def read(self) -> str:
        assert select.select([self._process.stdout], [], [], support.TIMEOUT)[0], "the target does not answer"
        return self._process.stdout.readline().decode().rstrip("\n")

    def expect(self, text: str) -> None:
        answer = self.read()
        assert answer == text, f"the target answered {answer!r}, not {text!r}"

    def do(self, command: str) -> None:
        self._process.stdin.write(f"{command}\n".encode())
        self.expect("done")

    def close(self) -> None:
        self._process.stdin.close()  # it ends by itself, or is ended
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def bytes_and_blocks(traces: list, filename: str, line: int, domain: int = 0) -> tuple:
    """Of raw traces, those that were made on one line: (bytes, blocks)."""
    sizes = [size for number, size, traceback, *_ in traces
             if number == domain and traceback[0] == (filename, line)]
    return sum(sizes), len(sizes)
