# SPDX-License-Identifier: Apache-2.0
"""--follow: what the target forks and executes is traced too, each process by its own pid. Without
it, children are freed of the breakpoints that they inherit."""
import contextlib
import glob
import itertools
import os
import re
import signal
import time
import tracemalloc

from code_differences import code_differences
from family import FamilyTarget, FollowTest, expected_of_child, has_session, held_by_child
from live_view_test import LEAVE_SCREEN, Terminal
from plain_table import TABLE, table_row
from support import (DONE, NO_TARGET, RUN_DIRECTORY, USAGE, is_locked, main, remove_stale, run_tmbpf, supported_pythons,
                     wait_until)


class FollowedChildrenTest(FollowTest):
    def test_forked_children_and_theirs_have_sessions_of_their_own(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.family(python)) as target:
                self.start_session(target.pid, "--follow")
                for words in (("fork", 200), ("fork", 300), ("grandchild", 250)):
                    child = self.followed(target, *words)
                    self.assert_holds(target, child, words[1])
                    self.assertEqual(self.status(child)["followed_from"], target.pid)
                self.assertEqual(held_by_child(self.snapshot(target.pid)), (0, 0))

    def test_children_from_before_the_attach_are_followed(self) -> None:
        target = self.family()
        children = [target.child("fork", 100), target.child("grandchild", 150),
                    target.child("spawn", *target.words_for(120))]
        self.start_session(target.pid, "--follow")
        for child, count in zip(children, (100, 150, 120)):
            wait_until(lambda: has_session(child), "it is followed")  # pylint: disable=cell-var-from-loop
            self.assert_holds(target, child, count)

    def test_executed_children_start_afresh(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.family(python)) as target:
                self.start_session(target.pid, "--follow")
                for command in ("fork-execute", "spawn"):
                    child = self.followed(target, command, *target.words_for(200))
                    self.assert_holds(target, child, 200)

    def test_a_child_may_run_another_python_by_way_of_a_shell(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        other = FamilyTarget.words_for(target, 210)
        child = self.followed(target, "spawn", "/usr/bin/env", "TRY=1", supported_pythons()[-1], *other[1:])
        self.assert_holds(target, child, 210)

    def test_the_target_itself_starts_afresh(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 100)
        target.send("execute " + " ".join(target.words_for(220)))

        def is_fresh() -> bool:
            status = self.status(target.pid)
            return status["tracing"] and status["elapsed"] < self.status(child)["elapsed"]
        wait_until(is_fresh, "the new program is traced")
        self.assert_holds(target, target.pid, 220)
        self.assert_holds(target, child, 100)

    def test_what_is_no_python_is_forgotten(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        sleeper = target.child("spawn", "/bin/sleep", "60")
        self.addCleanup(os.kill, sleeper, signal.SIGKILL)
        child = self.followed(target, "fork", 100)
        self.assertEqual(set(self.members(target.pid)), {child})
        self.assertEqual(self.status(target.pid)["not_followed"], 0)
        self.assertFalse(is_locked(sleeper))


class FamilySessionTest(FollowTest):
    def test_an_ended_child_keeps_its_last_state(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 200)
        target.let_hold(child)
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: self.members(target.pid)[child]["state"] == "ended", "its end is noticed")
        self.assertEqual(held_by_child(self.snapshot(child)), expected_of_child(200))
        self.assertFalse(self.status(child)["tracing"])

    def test_status_lists_the_family(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 200)
        self.assertRegex(run_tmbpf("status", "--fresh", "--pid", target.pid).out, rf"(?m)^  follows process {child} \(")
        self.assertIn(f"followed from process {target.pid}", run_tmbpf("status", "--pid", child).out)
        self.assertEqual(self.members(target.pid)[child]["lost"], 0)

    def test_stopping_the_target_stops_the_family(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 200)
        result = run_tmbpf("stop", "--pid", target.pid)
        self.assertEqual(result.status, DONE, result.err)
        for pid in (target.pid, child):
            self.assertIn(f"process {pid} is no longer traced\n", result.out)
            self.assertEqual(code_differences(pid), 0)
            self.assertFalse(is_locked(pid))

    def test_stopping_a_child_leaves_the_others(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        stopped, other = (self.followed(target, "fork", count) for count in (100, 150))
        self.assertEqual(run_tmbpf("stop", "--pid", stopped).status, DONE)
        self.assertEqual(code_differences(stopped), 0)
        self.assertFalse(is_locked(stopped))
        self.assert_holds(target, other, 150)
        self.assert_refused(run_tmbpf("status", "--pid", stopped), NO_TARGET, "has no tmbpf session")

    def test_a_killed_session_frees_the_whole_family(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 100)
        self.addCleanup(remove_stale, child)
        os.kill(self.session_pid(target.pid), signal.SIGKILL)
        wait_until(lambda: code_differences(target.pid) == 0 and code_differences(child) == 0, "the probes go", 10)

    def test_one_command_writes_a_file_for_each_process(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        children = {self.followed(target, "fork", count): count for count in (100, 150)}
        for child in children:
            target.let_hold(child)
        template = os.path.join(self.directory, "x-$pid-$counter-$timestamp.pickle")
        for counter in ("0001", "0002"):
            result = run_tmbpf("snapshot", "--pid", target.pid, "--follow", "--output",
                               template.replace("-$timestamp", ""))
            self.assertEqual(result.status, DONE, result.err)
            for child, count in children.items():
                snapshot = tracemalloc.Snapshot.load(os.path.join(self.directory, f"x-{child}-{counter}.pickle"))
                self.assertEqual(held_by_child(snapshot), expected_of_child(count))
        self.assertEqual(run_tmbpf("snapshot", "--pid", target.pid, "--output", template).status, DONE)
        names = [os.path.basename(name) for name in glob.glob(os.path.join(self.directory, "x-*Z.pickle"))]
        self.assertEqual(len(names), 1)
        self.assertRegex(names[0], rf"^x-{target.pid}-0001-\d{{8}}T\d{{6}}Z\.pickle$")

    def test_one_name_for_several_processes_is_refused(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        self.followed(target, "fork", 100)
        for name, word in (("a.pickle", "$pid"), ("a-$pit.pickle", "$counter")):
            path = os.path.join(self.directory, name)
            self.assert_refused(run_tmbpf("snapshot", "--pid", target.pid, "--follow", "--output", path), USAGE, word)
        self.assertEqual(glob.glob(os.path.join(self.directory, "*.pickle")), [])

    def test_a_session_that_follows_nobody_says_so(self) -> None:
        target = self.family()
        self.start_session(target.pid)
        path = os.path.join(self.directory, "$pid.pickle")
        self.assert_refused(run_tmbpf("snapshot", "--pid", target.pid, "--follow", "--output", path), USAGE,
                            "follows nobody", "start --follow")


class FollowedViewTest(FollowTest):
    def test_the_live_view_has_a_table_for_each_process(self) -> None:
        target = self.family()
        view = self.run_on("--pid", target.pid, "--follow", "--interval", "0.5")
        view.wait_for_table()
        child = target.child("fork", 200)
        wait_until(lambda: f"\npid {child}: " in view.out, "the child has a table")
        target.let_hold(child)
        wait_until(lambda: re.search(table_row(r"family_target\.py:\d+", 200 * 3033, 200, rank="1"), view.out), "its blocks")
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: re.search(rf"(?m)^pid {child}: .*\nended for", view.out), "its last table")
        view.send(signal.SIGINT)
        view.wait()
        self.assert_free(target)

    def test_a_program_of_ours_is_followed(self) -> None:
        code = ("import os, time\n"
                "pid = os.fork()\n"
                "if pid == 0:\n"
                "    end = time.monotonic() + 60\n"
                f"    while not os.path.exists('{RUN_DIRECTORY}/%d.lock' % os.getpid()) and time.monotonic() < end:\n"
                "        time.sleep(0.01)\n"
                "    time.sleep(4)\n"
                "    kept = [None] * 200\n"
                "    for i in range(200):\n"
                "        kept[i] = bytes(3000)\n"
                "    os._exit(0)\n"
                "os.waitpid(pid, 0)\n")
        result = run_tmbpf("--follow", "--", supported_pythons()[0], "-S", "-c", code)
        self.assertEqual(result.status, DONE, result.err)
        tables = re.split(r"(?m)^(?=pid \d+: )", result.err)
        child = next(table for table in tables if "<string>:10" in table)
        self.assertRegex(child, table_row("<string>:10", 200 * 3033, 200, rank="1"))
        self.assertIn("ended for", child)
        self.assertEqual(result.err.count(TABLE), 2)


class FollowedScreenTest(FollowTest):
    rows = itertools.cycle((24, 25))

    def drawn_again(self, terminal: Terminal) -> str:
        """What was shown; all is drawn again for a new size, not only what differs."""
        terminal.resize(next(self.rows), 100)
        time.sleep(0.3)
        return terminal.read()

    def test_keys_switch_between_the_processes(self) -> None:
        terminal = self.enterContext(contextlib.closing(Terminal(24, 100)))
        target = self.family()
        child = target.child("fork", 100)
        view = self.run_on("--pid", target.pid, "--follow", terminal=terminal.slave,
                           environment={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
        terminal.wait_for("process 1 of 2: pid ")
        for key, pid in (("n", child), ("n", target.pid), ("p", child)):
            start = len(terminal.read())
            terminal.press(key)
            wait_until(lambda: f"pid {pid}: " in self.drawn_again(terminal)[start:],  # pylint: disable=cell-var-from-loop
                       f"the table of process {pid}", 20)
        terminal.press("q")
        wait_until(lambda: (terminal.read(), view.process.poll() is not None)[1], "tmbpf ends", 20)
        self.assertEqual(view.wait(), DONE)
        last = terminal.read().rsplit(LEAVE_SCREEN, 1)[1]
        for pid in (target.pid, child):
            self.assertIn(f"pid {pid}: ", last)
        self.assert_free(target)


class HealedChildrenTest(FollowTest):
    def test_without_follow_children_are_freed_of_the_breakpoints(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.family(python)) as target:
                self.start_session(target.pid)
                for words in (("fork", 100), ("grandchild", 100)):
                    child = target.child(*words)
                    wait_until(lambda: code_differences(child) == 0,  # pylint: disable=cell-var-from-loop
                               "the child is healed", 10)
                    self.assertFalse(is_locked(child))
                self.assertGreater(code_differences(target.pid), 0)
                self.assertNotIn("family", self.status(target.pid))

    def test_so_they_are_in_the_modes_whose_probes_come_and_go(self) -> None:
        for mode in ("sampled", "auto"):
            with self.subTest(mode), contextlib.closing(self.family(supported_pythons()[0])) as target:
                self.start_session(target.pid, "--mode", mode)
                child = target.child("fork", 100)
                wait_until(lambda: code_differences(child) == 0, "the child is healed", 10)  # pylint: disable=cell-var-from-loop


if __name__ == "__main__":
    main()
