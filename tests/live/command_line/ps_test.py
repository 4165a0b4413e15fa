# SPDX-License-Identifier: Apache-2.0
"""`tmbpf ps` on Pythons of every build that is here. Others may run on the machine, too: only those
that a test started are looked at."""
import contextlib
import json
import os
import re
import subprocess
import sys
import threading

from python_target import PythonTarget, interpreters_to_test
from refused_target_test import AS_NOBODY, REPLACEMENTS
from support import (DONE, NOBODY, TARGET, CommandLineTest, main, run_tmbpf, supported_pythons,
                     unsupported_pythons)
from interpreters import find_interpreters, start
from system_root import make_system_root

ROW = {"pid": int, "version": str, "build": str, "command": str, "arguments": list, "rss": int, "traceable": bool,
       "obstacle": str, "remedy": str}
DEBUG_PYTHON = "/usr/bin/python3.11-dbg"


def listed(**options) -> dict:
    """pid -> row"""
    result = run_tmbpf("ps", "--json", **options)
    assert (result.status, result.err) == (DONE, ""), result
    return {row["pid"]: row for row in json.loads(result.out)["processes"]}


def resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class PsTest(CommandLineTest):
    def test_each_python_is_listed_with_its_version_and_build(self) -> None:
        pythons = find_interpreters()
        targets = [self.target(python.path) for python in pythons]
        rows = listed()
        for python, target in zip(pythons, targets):
            with self.subTest(python.describe()):
                row = rows[target.pid]
                for key, kind in ROW.items():
                    self.assertIs(type(row[key]), kind, key)
                self.assertEqual(set(row), {*ROW, "tracer"})
                self.assertEqual(row["version"], ".".join(map(str, python.version)))
                self.assertRegex(row["build"], "^(PGO|PGO.LTO)? ?shared libpython$" if python.library else "static$")
                self.assertEqual(row["arguments"], [python.path, "-S", TARGET])
                self.assertEqual(row["command"], TARGET)
                self.assertEqual((row["traceable"], row["obstacle"], row["tracer"]), (True, "", None))
                self.assertEqual(row["rss"], resident(target.pid))

    def test_the_largest_comes_first(self) -> None:
        small, large = self.target(), self.target()
        large.hold(1, 50 << 20)
        order = list(listed())
        self.assertLess(order.index(large.pid), order.index(small.pid))
        sizes = [row["rss"] for row in listed().values()]
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_debians_python_is_told_as_optimised(self) -> None:
        if not supported_pythons()[0].startswith("/usr/bin/"):
            self.skipTest("the system has no supported Python")
        pid = self.target().pid
        self.assertEqual(listed()[pid]["build"], "PGO+LTO static")

    def test_what_cannot_be_traced_is_listed_with_the_reason(self) -> None:
        targets = [(self.target(environment=environment), reason) for environment, reason in REPLACEMENTS]
        targets += [(self.target(python), "is not supported") for python, version in unsupported_pythons()
                    if version != "3.6"]  # it has no _PyRuntime
        rows = listed()
        for target, reason in targets:
            with self.subTest(reason):
                row = rows[target.pid]
                self.assertIn(reason, row["obstacle"])
                self.assertNotIn(f"process {target.pid}", row["obstacle"])
                self.assertFalse(row["traceable"])
                self.assertNotEqual(row["remedy"], "")
                self.assertGreater(row["rss"], 0)

    def test_a_debug_build_is_called_so(self) -> None:
        if not os.path.exists(DEBUG_PYTHON):
            self.skipTest(f"no {DEBUG_PYTHON}")
        pid = self.target(DEBUG_PYTHON).pid
        row = listed()[pid]
        self.assertEqual((row["build"], row["traceable"]), ("debug static", False))
        self.assertIn("a debug build", row["obstacle"])

    def test_the_reason_is_the_one_that_start_gives(self) -> None:
        target = self.target(environment={"PYTHONMALLOC": "debug"})
        self.assertIn(listed()[target.pid]["obstacle"], run_tmbpf("start", "--pid", target.pid).err)

    def test_who_is_traced_is_said(self) -> None:
        in_session, viewed, free = self.target(), self.target(), self.target()
        self.start_session(in_session.pid)
        view = self.run_on("--pid", viewed.pid)
        view.wait_for_table()
        rows = listed()
        self.assertEqual(rows[in_session.pid]["tracer"], {"pid": self.session_pid(in_session.pid), "session": True})
        self.assertEqual(rows[viewed.pid]["tracer"], {"pid": view.pid, "session": False})
        self.assertIsNone(rows[free.pid]["tracer"])
        self.assertEqual(self.row_text(in_session.pid)[4], "session")
        self.assertEqual(self.row_text(viewed.pid)[4], "traced")
        self.assertEqual(self.row_text(free.pid)[4], "yes")

    def test_a_killed_tmbpf_traces_nobody(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid)
        view.wait_for_table()
        view.process.kill()
        view.wait()
        self.assert_becomes_free(target)
        self.assertIsNone(listed()[target.pid]["tracer"])

    def row_text(self, pid: int) -> list:
        """The cells of a row of the table."""
        result = run_tmbpf("ps")
        self.assertEqual(result.status, DONE, result.err)
        lines = [line for line in result.out.splitlines() if re.match(rf" *{pid} ", line)]
        self.assertEqual(len(lines), 1, result.out)
        return re.split("  +", lines[0].strip())

    def test_the_table_has_the_same_as_the_json(self) -> None:
        target = self.target(program=(TARGET, "--port", "80"))
        row = listed()[target.pid]
        cells = self.row_text(target.pid)
        self.assertEqual(cells[0], str(target.pid))
        self.assertRegex(cells[1], r"^[\d.]+ [KM]iB$")
        self.assertEqual(cells[2:], [row["version"], row["build"], "yes", f"{TARGET} --port 80"])

    def test_the_reason_stands_below_the_row(self) -> None:
        target = self.target(environment={"PYTHONMALLOC": "malloc"})
        self.assertEqual(self.row_text(target.pid)[4], "no")
        lines = run_tmbpf("ps").out.splitlines()
        at = [number for number, line in enumerate(lines) if re.match(rf" *{target.pid} ", line)][0]
        self.assertTrue(lines[at + 1].startswith("    does not use CPython's default allocator: malloc (PYTHONMALLOC"))

    def test_a_command_line_cannot_garble_the_terminal(self) -> None:
        target = self.target(program=(TARGET, "\x1b[2J\nroot\r\x07", "x" * 500))
        result = run_tmbpf("ps")
        self.assertNotRegex(result.out, "[\x00-\x09\x0b-\x1f]")
        self.assertIn(r"\x1b[2J\x0aroot\x0d\x07", result.out)
        self.assertLessEqual(max(map(len, result.out.splitlines())), 160)
        self.assertEqual(listed()[target.pid]["arguments"][3], "\x1b[2J\nroot\r\x07")

    def test_what_is_no_python_is_not_listed(self) -> None:
        sleeper = self.enterContext(subprocess.Popen(["sleep", "60"]))
        self.addCleanup(sleeper.kill)
        target = self.target()
        view = self.run_on("--pid", target.pid)
        view.wait_for_table()
        rows = listed()
        self.assertIn(target.pid, rows)
        self.assertFalse({sleeper.pid, view.pid, 1} & set(rows) - {os.getpid()})

    def test_a_python_in_another_root_is_listed(self) -> None:
        pythons = [python for python in interpreters_to_test() if python.root]
        pythons = pythons or [start(make_system_root(os.path.join(self.directory, "root")))]
        for python in pythons:
            with self.subTest(python.describe()), \
                    contextlib.closing(PythonTarget(python, "allocator_target.py", (), self.directory)) as target:
                row = listed()[target.pid]
                self.assertEqual(row["version"], ".".join(map(str, python.version)))
                self.assertEqual(row["traceable"], True, row)
                # An embedding program has a name of its own, which is no interpreter's.
                own_name = f"{python.path} -B " if "embed" in python.path else ""
                self.assertEqual(row["command"], own_name + target.script)

    def test_processes_that_come_and_go_meanwhile_do_no_harm(self) -> None:
        done = threading.Event()

        def come_and_go() -> None:
            while not done.is_set():
                subprocess.run([supported_pythons()[0], "-S", "-c", ""], check=True)
        crowd = [threading.Thread(target=come_and_go) for _ in range(4)]
        self.addCleanup(lambda: [thread.join() for thread in crowd])
        self.addCleanup(done.set)
        for thread in crowd:
            thread.start()
        target = self.target()
        for _ in range(10):
            row = listed()[target.pid]
            self.assertTrue(row["traceable"])

    def test_one_that_exits_as_a_zombie_is_not_listed(self) -> None:
        target = self.target()
        target.send("exit 0")
        os.waitid(os.P_PID, target.pid, os.WEXITED | os.WNOWAIT)
        self.assertNotIn(target.pid, listed())

    def test_another_user_sees_his_own_and_how_many_are_hidden(self) -> None:
        mine, other = self.target(user=NOBODY, group=NOBODY, extra_groups=[]), self.target()
        answer = json.loads(run_tmbpf("ps", "--json", before=AS_NOBODY).out)
        rows = {row["pid"]: row for row in answer["processes"]}
        self.assertIn(mine.pid, rows)
        self.assertEqual(rows[mine.pid]["version"], listed()[mine.pid]["version"])
        self.assertNotIn(other.pid, rows)
        self.assertGreater(answer["unreadable"], 0)
        result = run_tmbpf("ps", before=AS_NOBODY)
        self.assertEqual(result.status, DONE)
        self.assertRegex(result.err, r"^tmbpf: \d+ process(es)? may not be looked at; with sudo tmbpf sees more\n$")

    def test_a_script_that_calls_it_is_listed_itself(self) -> None:
        if not os.path.basename(os.path.realpath(sys.executable)).startswith("python"):
            self.skipTest("this Python's program has another name")
        self.assertIn(os.getpid(), listed())


if __name__ == "__main__":
    main()
