# SPDX-License-Identifier: Apache-2.0
"""A Python in a container: its own root folder, mount namespace and pid namespace, traced from
outside by the pid that it has there. TMBPF_TEST_ROWS chooses the roots; without one, a root with a
copy of the system's own Python is made."""
import contextlib
import os
import sys

from python_target import PythonTarget, bytes_and_blocks, interpreters_to_test
from support import DONE, CommandLineTest, main, marked_line, run_tmbpf
from interpreters import start
from system_root import make_system_root
from target_run import TESTS

SCRIPT = "allocator_target.py"
COUNT, SIZE = 1000, 5000


class NamespaceTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.pythons = [python for python in interpreters_to_test() if python.root]
        if not self.pythons:
            root = os.path.join(self.directory, "root")
            self.pythons = [start(make_system_root(root))]
        self.line = marked_line("held", os.path.join(TESTS, "live", "command_line", SCRIPT))

    def start(self, python) -> PythonTarget:
        return contextlib.closing(PythonTarget(python, SCRIPT, (), self.directory))

    def assert_in_namespaces(self, pid: int) -> None:
        """The test would prove nothing of a process that shares ours."""
        for name in ("mnt", "pid"):
            self.assertNotEqual(os.readlink(f"/proc/{pid}/ns/{name}"), os.readlink(f"/proc/self/ns/{name}"))
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            (numbers,) = [line.split()[1:] for line in status if line.startswith("NSpid:")]
        self.assertEqual([int(number) for number in numbers], [pid, 1])
        self.assertFalse(os.path.exists("/mnt/tests"), "a file of the target's name is here, too")

    def test_a_python_in_its_own_namespaces_is_traced_by_its_outer_pid(self) -> None:
        for python in self.pythons:
            with self.subTest(python.describe()), self.start(python) as target:
                self.assert_in_namespaces(target.pid)
                self.start_session(target.pid)
                target.do(f"hold {COUNT} {SIZE}")
                snapshot = self.snapshot(target.pid)
                found = bytes_and_blocks(snapshot.traces._traces, target.script, self.line)
                self.assertEqual(found, (COUNT * sys.getsizeof(bytes(SIZE)), COUNT))  # alike in all versions
                self.assertEqual(self.status(target.pid)["pid"], target.pid)
                self.assertEqual(self.status(target.pid)["lost"], 0)

    def test_files_are_named_as_the_target_names_them(self) -> None:
        for python in self.pythons:
            with self.subTest(python.describe()), self.start(python) as target:
                self.start_session(target.pid)
                target.do(f"hold {COUNT} {SIZE}")
                names = {frame[0] for trace in self.snapshot(target.pid).traces._traces for frame in trace[2]}
                self.assertIn(target.script, names)
                self.assertTrue(target.script.startswith("/mnt/tests/"))
                for name in names:
                    self.assertFalse(name.startswith((python.root, TESTS)), name)

    def test_the_view_and_the_check_work_on_it(self) -> None:
        for python in self.pythons:
            with self.subTest(python.describe()), self.start(python) as target:
                check = run_tmbpf("check", "--pid", target.pid)
                self.assertEqual(check.status, DONE, check.out)
                self.assertIn(".".join(map(str, python.version[:2])), check.out)
                self.assertEqual(run_tmbpf("--pid", target.pid, "--once").status, DONE)


if __name__ == "__main__":
    main()
