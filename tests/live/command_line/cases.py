# SPDX-License-Identifier: Apache-2.0
"""What tracemalloc_cases_test.py asks its target for."""
import contextlib
import functools
import json
import os
import tracemalloc
import unittest

from support import DONE, FAILED, HERE, CommandLineTest, Target, marked_line, run_tmbpf, supported_pythons

CASES_TARGET = os.path.join(HERE, "cases_target.py")


def two_pythons() -> tuple:
    """The first and the last of them."""
    return tuple(dict.fromkeys((supported_pythons()[0], supported_pythons()[-1])))


def place_of(frame: tracemalloc.Frame) -> tuple:
    return frame.filename, frame.lineno


def line_of(marker: str) -> int:
    return marked_line(marker, CASES_TARGET)


@functools.lru_cache(maxsize=None)
def traced_target(python: str) -> Target:
    """One for the whole file, with a session: to start it is what takes time."""
    target = Target(python, program=(CASES_TARGET,))
    unittest.addModuleCleanup(target.close)
    unittest.addModuleCleanup(run_tmbpf, "stop", "--pid", target.pid)
    result = run_tmbpf("start", "--pid", target.pid)
    assert result.status == DONE, result.err
    return target


class CasesTest(CommandLineTest):
    @contextlib.contextmanager
    def traced(self, python: str):
        """A target with a session that knows nothing yet."""
        with self.subTest(python):
            target = traced_target(python)
            self.number(target, "drop")
            self.assertEqual(run_tmbpf("clear", "--pid", target.pid).status, DONE)
            yield target

    @contextlib.contextmanager
    def freshly_traced(self, python: str):
        with self.subTest(python), contextlib.closing(self.cases_target(python)) as target:
            self.start_session(target.pid)
            yield target

    def cases_target(self, python: str, **more) -> Target:
        return self.target(python, program=(CASES_TARGET,), **more)

    def numbers(self, target: Target, command: str) -> list:
        return [int(word) for word in target.ask(command).split()]

    def number(self, target: Target, command: str) -> int:
        return self.numbers(target, command)[0]

    def object(self, target: Target, address: int) -> "dict | None":
        result = run_tmbpf("object", "--pid", target.pid, address, "--json")
        self.assertEqual(result.status, DONE if json.loads(result.out) else FAILED, result.err)
        return json.loads(result.out)

    def lines(self, target: Target, address: int) -> list:
        """(file, line), the oldest first, of the block at an address."""
        return [tuple(frame[:2]) for frame in self.object(target, address)["traceback"]]

    def memory(self, target: Target) -> tuple:
        result = run_tmbpf("status", "--pid", target.pid, "--json")
        self.assertEqual(result.status, DONE, result.err)
        status = json.loads(result.out)
        return status["traced_current"], status["traced_peak"]
