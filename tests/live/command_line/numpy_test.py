# SPDX-License-Identifier: Apache-2.0
"""What a library reports by PyTraceMalloc_Track: NumPy's arrays stand under NumPy's own domain, with
the sizes and tracebacks that tracemalloc gives them. Which interpreters: see python_target.py; a root
must have NumPy for the version that is python3 there, other Pythons without it are named."""
import contextlib
import functools
import os
import pickle
import subprocess
import sys
import tracemalloc
from collections import Counter

from python_target import PythonTarget, bytes_and_blocks, interpreters_to_test
from python_root import default_version
from support import CommandLineTest, main, marked_line
from target_run import TESTS

SCRIPT = "numpy_target.py"
NUMPY_DOMAIN = 389047  # numpy.lib.tracemalloc_domain
FRAMES = 5
ARRAY_LINES = ("zeros", "arange", "product", "small", "resized")


def why_no_numpy(python) -> str:
    """"" when it has one."""
    code = f"import numpy; assert numpy.lib.tracemalloc_domain == {NUMPY_DOMAIN}, 'another domain'"
    done = subprocess.run(python.command({}, ["-c", code]), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it says nothing"])[-1]


def must_have_numpy(python) -> bool:
    return bool(python.root) and default_version(python.root) == ".".join(map(str, python.version[:2]))


@functools.lru_cache(maxsize=None)
def pythons_with_numpy() -> tuple:
    """AssertionError when a root's default Python is none of them."""
    found = []
    for python in interpreters_to_test():
        why_not = why_no_numpy(python)
        if not why_not:
            found.append(python)
        elif must_have_numpy(python):
            raise AssertionError(f"no NumPy for {python.describe()}: {why_not}: run scripts/targets")
        else:
            print(f"left out, it has no NumPy: {python.describe()}: {why_not}", file=sys.stderr)
    return tuple(found)


def of_numpy(traces: list) -> Counter:
    return Counter((size, tuple(traceback)) for domain, size, traceback, *_ in traces
                   if domain == NUMPY_DOMAIN)


class NumpyTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.pythons = pythons_with_numpy()
        if not self.pythons:
            self.skipTest("no Python here has NumPy: apt-get install python3-numpy")

    def start(self, python, *arguments) -> PythonTarget:
        return contextlib.closing(PythonTarget(python, SCRIPT, arguments, self.directory))

    def said_by_tracemalloc(self, python, *commands) -> Counter:
        output = os.path.join(self.directory, "traces")
        folder = "/mnt/shared" if python.root else self.directory
        with self.start(python, f"{folder}/traces") as target:
            for command in ("watch", *commands, "write"):
                target.do(command)
        with open(output, "rb") as file:
            return of_numpy(pickle.load(file))

    def test_arrays_have_their_own_domain_and_tracemallocs_sizes(self) -> None:
        script = os.path.join(TESTS, "live", "command_line", SCRIPT)
        for python in self.pythons:
            with self.subTest(python.describe()), self.start(python) as target:
                expected = self.said_by_tracemalloc(python, "make")
                self.start_session(target.pid, "--frames", FRAMES)
                target.do("make")
                snapshot = self.snapshot(target.pid)
                self.assertEqual(of_numpy(snapshot.traces._traces), expected)
                for name in ARRAY_LINES:
                    line = marked_line(name, script)
                    size, blocks = bytes_and_blocks(snapshot.traces._traces, target.script, line,
                                                    NUMPY_DOMAIN)
                    self.assertGreater(blocks, 0, name)
                    self.assertGreater(size, 0, name)
                self.assertEqual(self.status(target.pid)["lost"], 0)

    def test_the_standard_library_filters_by_that_domain(self) -> None:
        for python in self.pythons:
            with self.subTest(python.describe()), self.start(python) as target:
                self.start_session(target.pid)
                target.do("make")
                snapshot = self.snapshot(target.pid)
                only = snapshot.filter_traces([tracemalloc.DomainFilter(True, NUMPY_DOMAIN)])
                without = snapshot.filter_traces([tracemalloc.DomainFilter(False, NUMPY_DOMAIN)])
                self.assertEqual(len(only.traces), sum(of_numpy(snapshot.traces._traces).values()))
                self.assertEqual(len(only.traces) + len(without.traces), len(snapshot.traces))
                self.assertTrue(without.traces)

    def test_arrays_that_are_gone_are_gone_but_for_what_numpy_keeps_for_later(self) -> None:
        for python in self.pythons:
            with self.subTest(python.describe()), self.start(python) as target:
                expected = self.said_by_tracemalloc(python, "make", "drop")
                self.start_session(target.pid)
                target.do("make")
                first = of_numpy(self.snapshot(target.pid).traces._traces)
                target.do("drop")
                self.assertGreater(sum(first.values()), sum(expected.values()))
                self.assertEqual(of_numpy(self.snapshot(target.pid).traces._traces), expected)


if __name__ == "__main__":
    main()
