# SPDX-License-Identifier: Apache-2.0
"""Targets that do not use CPython's default allocator as it is: each is traced exactly, or refused
with the reason; and when the change comes later, tmbpf says that it is no longer complete. Never
silently wrong. Which interpreters: see python_target.py."""
import contextlib
import itertools
import os
import pickle
import subprocess
import sys
import tracemalloc

from python_target import PythonTarget, bytes_and_blocks, interpreters_to_test
from support import DONE, NO_TARGET, CommandLineTest, main, marked_line, run_tmbpf
from target_run import TESTS, CommandFailed, run_inside, run_outside

SCRIPT = "allocator_target.py"
PROGRAMS = ("free_lists.py", "big_buffers.py", "strings.py")
FRAMES = 5
COUNT = 1000
SIZES = (100, 5000)  # pymalloc's, and what it passes on

# environment or option -> words of the refusal, any of which names the reason
VARIANTS = (
    ({"PYTHONMALLOC": "debug"}, (), ("debug",)),
    ({"PYTHONMALLOC": "pymalloc_debug"}, (), ("debug",)),
    ({"PYTHONMALLOC": "malloc"}, (), ("malloc",)),
    ({"PYTHONMALLOC": "malloc_debug"}, (), ("debug",)),
    ({"PYTHONMALLOC": "mimalloc"}, (), ("mimalloc",)),
    ({"PYTHONMALLOC": "mimalloc_debug"}, (), ("debug",)),
    ({}, ("-X", "tracemalloc"), ("tracemalloc",)),
    ({"PYTHONTRACEMALLOC": "5"}, (), ("tracemalloc",)),
    ({}, ("-X", "dev"), ("debug",)),
)


def knows(python, environment: dict) -> bool:
    """Whether this Python has the allocator (mimalloc: as configured, from 3.13)."""
    if "mimalloc" not in environment.get("PYTHONMALLOC", ""):
        return True
    command = python.command({}, ["-c", "pass"])
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True).returncode == 0


class AllocatorVariantsTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.library = os.path.join(self.directory, "libcustom_allocator.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self.library,
                        os.path.join(TESTS, "programs", "custom_allocator.c")], check=True)

    def each(self, *more):
        """Every interpreter, combined with each of `more`."""
        pythons = interpreters_to_test((3, 11))
        self.assertTrue(pythons, "no CPython from 3.11 on was found")
        return itertools.product(pythons, *more)

    def start(self, python, *arguments) -> PythonTarget:
        return contextlib.closing(PythonTarget(python, SCRIPT, arguments, self.directory))

    def held(self, target: PythonTarget, snapshot) -> tuple:
        line = marked_line("held", os.path.join(TESTS, "live", "command_line", SCRIPT))
        return bytes_and_blocks(snapshot.traces._traces, target.script, line)

    def expected(self, sizes: tuple = SIZES) -> tuple:
        return sum(COUNT * sys.getsizeof(bytes(size)) for size in sizes), COUNT * len(sizes)

    def assert_refused_for(self, result, reasons: tuple) -> None:
        self.assertEqual(result.status, NO_TARGET, result.err)
        self.assertRegex(result.err, "|".join(reasons))

    def incomplete(self, pid: int) -> bool:
        """Whether the session says that it does not see everything."""
        status = self.status(pid)
        return bool(status["replaced_allocator"] or status["lost"])

    def assert_exact_or_refused(self, target: PythonTarget, reasons: tuple, *checks) -> None:
        """Attaches; then each of `checks` is a command and how to see that it was traced exactly."""
        result = run_tmbpf("start", "--pid", target.pid)
        if result.status != DONE:
            self.assert_refused_for(result, reasons)
            self.assertEqual(run_tmbpf("check", "--pid", target.pid).status, NO_TARGET)
            return
        try:
            self.assert_exact_or_incomplete(target, *checks)
        finally:
            run_tmbpf("stop", "--pid", target.pid)

    def assert_exact_or_incomplete(self, target: PythonTarget, *checks) -> None:
        for command, found, expected in checks:
            target.do(command)
            if self.incomplete(target.pid):
                self.assert_said_to_be_incomplete(target.pid)
                return
            self.assertEqual(found(self.snapshot(target.pid)), expected, command)

    def assert_said_to_be_incomplete(self, pid: int) -> None:
        """To who looks at the session, who writes a snapshot, and who only has the file."""
        path = os.path.join(self.directory, "incomplete.pickle")
        written = run_tmbpf("snapshot", "--pid", pid, "--output", path)
        self.assertEqual(written.status, DONE, written.err)
        for text in (run_tmbpf("status", "--fresh", "--pid", pid).out, written.out + written.err):
            self.assertIn("no longer complete", text)
        said = tracemalloc.Snapshot.load(path).tmbpf.get("replaced_allocator")
        self.assertIsInstance(said, str)
        self.assertTrue(said)

    def holding(self, target: PythonTarget) -> tuple:
        return tuple((f"hold {COUNT} {size}", lambda snapshot: self.held(target, snapshot),
                      self.expected(SIZES[:number])) for number, size in enumerate(SIZES, 1))

    def lists(self, python, kind: str) -> tuple:
        """What a subinterpreter of this kind keeps; expected is what tracemalloc says of the same in
        the main interpreter, since in subinterpreters it deadlocks before CPython 3.12."""
        output = os.path.join(self.directory, "traces")
        with self.start(python) as target:
            for command in ("tracemalloc", f"lists {kind}.py {COUNT}", f"write {target.folder}/traces"):
                target.do(command)
        with open(output, "rb") as file:
            expected = bytes_and_blocks(pickle.load(file), f"{kind}.py", 2)
        self.assertEqual(expected[1], 2 * COUNT + 2)  # each list with its items, and the list of all

        def found(snapshot) -> tuple:
            return bytes_and_blocks(snapshot.traces._traces, f"{kind}.py", 2)
        return f"{kind} {kind}.py {COUNT}", found, expected

    def test_every_allocator_is_exact_or_refused_with_its_name(self) -> None:
        for python, (environment, options, reasons) in self.each(VARIANTS):
            with self.subTest(python.describe(), environment=environment, options=options):
                if knows(python, environment):
                    self.compare(python, environment, options, reasons)

    def compare(self, python, environment: dict, options: tuple, reasons: tuple) -> None:
        for program in PROGRAMS:
            output = os.path.join(self.directory, "result")
            try:
                ours = run_outside(os.environ["TMBPF"], python, program, FRAMES, output,
                                   environment=environment, python_options=options)
            except CommandFailed as refused:
                self.assert_refused_for(refused, reasons)
                continue
            alone = {key: value for key, value in environment.items() if key == "PYTHONMALLOC"}
            theirs = run_inside(python, program, "tracemalloc", FRAMES, output, environment=alone)
            self.assertEqual(ours.run.blocks, theirs.blocks, program)

    def test_an_allocator_of_the_programs_own_is_exact_or_refused(self) -> None:
        for python, in self.each():
            folder = "/mnt/shared" if python.root else self.directory
            with self.subTest(python.describe()), \
                    self.start(python, f"custom {folder}/libcustom_allocator.so") as target:
                self.assert_exact_or_refused(target, ("libcustom_allocator",), *self.holding(target))

    def test_an_allocator_replaced_while_traced_is_exact_or_said_to_be_incomplete(self) -> None:
        for python, change in self.each(("custom", "tracemalloc")):
            with self.subTest(python.describe(), change=change), self.start(python) as target:
                self.start_session(target.pid)
                first, second = self.holding(target)
                self.assert_exact_or_incomplete(target, first)
                self.assertFalse(self.incomplete(target.pid))
                target.do(f"custom {target.folder}/libcustom_allocator.so" if change == "custom" else change)
                self.assert_exact_or_incomplete(target, second)

    def test_a_subinterpreter_with_the_same_gil_is_traced(self) -> None:
        for python, in self.each():
            command, found, expected = self.lists(python, "legacy")
            with self.subTest(python.describe()), self.start(python, "legacy early.py 10") as target:
                self.start_session(target.pid)
                target.do(command)
                self.assertEqual(found(self.snapshot(target.pid)), expected)
                self.assert_exact_or_incomplete(target, *self.holding(target))
                self.assertFalse(self.incomplete(target.pid))

    def test_a_subinterpreter_with_a_gil_of_its_own_is_traced_or_refused(self) -> None:
        for python, in self.each():
            lists = self.lists(python, "isolated")
            with self.subTest(python.describe()), self.start(python, "isolated early.py 10") as target:
                self.assert_exact_or_refused(target, ("GIL",), *self.holding(target), lists)

    def test_a_gil_of_its_own_that_comes_later_is_traced_or_said_to_be_incomplete(self) -> None:
        for python, in self.each():
            lists = self.lists(python, "isolated")
            with self.subTest(python.describe()), self.start(python) as target:
                self.start_session(target.pid)
                self.assert_exact_or_incomplete(target, *self.holding(target))
                self.assert_exact_or_incomplete(target, lists)


if __name__ == "__main__":
    main()
