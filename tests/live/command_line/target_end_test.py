# SPDX-License-Identifier: Apache-2.0
"""The target ends, executes another program, or its pid goes to another process, while it is traced."""
import contextlib
import os
import signal
import subprocess
import sys
import time

from code_differences import code_differences
from pid_reuse import PidTaken, start_with_pid
from plain_table import table_row
from support import (DONE, NO_TARGET, TARGET, CommandLineTest, Target, expected, held, main, run_tmbpf,
                     supported_pythons, wait_until)


class TargetEndTest(CommandLineTest):
    def test_targets_that_end_while_it_attaches_are_said_to_be_gone(self) -> None:
        for i in range(24):
            lifetime = 0.015 * i
            python = supported_pythons()[i % len(supported_pythons())]
            process = self.enterContext(subprocess.Popen(
                [python, "-S", "-c", f"import time; time.sleep({lifetime})"]))
            with self.subTest(lifetime=lifetime):
                result = run_tmbpf("--pid", process.pid, "--once")
                # Not waited for yet: a zombie is as gone as one that nobody remembers.
                self.assertEqual(result.status, NO_TARGET, result.out + result.err)
                self.assertRegex(result.err, f"process {process.pid}|not a CPython")
                process.wait()

    def test_sessions_whose_target_ends_at_once_are_refused_or_hold_it(self) -> None:
        for i in range(16):
            lifetime = 0.02 * i
            process = self.enterContext(subprocess.Popen(
                [supported_pythons()[0], "-S", "-c", f"import time; time.sleep({lifetime})"]))
            with self.subTest(lifetime=lifetime):
                result = run_tmbpf("start", "--pid", process.pid)
                self.addCleanup(run_tmbpf, "stop", "--pid", process.pid)
                process.wait()
                if result.status == DONE:
                    wait_until(lambda: self.status(process.pid)["state"] == "ended", "the end is noticed", 5)
                    self.assertEqual(run_tmbpf("stop", "--pid", process.pid).status, DONE)
                else:
                    self.assert_refused(result, NO_TARGET)

    def assert_holds(self, target: Target, blocks: tuple, state: str) -> None:
        """The session's status says the state, and the blocks are still there."""
        wait_until(lambda: not self.status(target.pid)["tracing"], "the end is noticed", 5)
        status = self.status(target.pid)
        self.assertEqual((status["state"], status["coverage"]), (state, None))
        self.assertIn(f": {state}", run_tmbpf("status", "--fresh", "--pid", target.pid).out)
        for _ in range(2):
            self.assertEqual(held(self.snapshot(target.pid)), blocks)

    def test_a_session_holds_what_a_killed_target_held(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                self.start_session(target.pid)
                target.hold(300, 700)
                self.assertEqual(target.end(), -signal.SIGKILL)
                self.assert_holds(target, expected(300, 700), "ended")
                self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)

    def test_a_session_holds_what_a_target_held_before_it_finalized(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                self.start_session(target.pid)
                target.hold(300, 700)
                peak = self.status(target.pid)["traced_peak"]
                target.send("exit 0")
                self.assertEqual(target.process.wait(), 0)
                self.assert_holds(target, expected(300, 700), "ended")
                self.assertGreaterEqual(self.status(target.pid)["traced_peak"], peak)
                self.assertEqual(self.snapshot(target.pid).tmbpf["state"], "ended")
                self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)

    def test_a_live_view_of_a_killed_target_ends_with_its_last_table(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                view = self.run_on("--pid", target.pid, "--interval", "30")
                wait_until(lambda: code_differences(target.pid) > 0, "the probes are there")
                time.sleep(0.3)  # frees are probed first, requests last
                target.hold(300, 700)
                target.end()
                self.assertEqual(view.wait(), NO_TARGET)
                size, count = expected(300, 700)
                self.assertRegex(view.out, table_row(r"target\.py:\d+", size, count, rank="1"))
                self.assertIn(f"process {target.pid} ended; above is what it held last", view.err)

    def test_after_an_exec_nothing_of_the_new_program_is_recorded(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                self.start_session(target.pid)
                target.hold(300, 700)
                before = self.status(target.pid)
                self.assertEqual(target.ask(f"execute {python} -S {TARGET}"), "ready")
                target.hold(400, 900)
                self.assert_holds(target, expected(300, 700), "executed a new program")
                after = self.status(target.pid)
                self.assertLess(abs(after["traced_current"] - before["traced_current"]), 20000)
                self.assertEqual(code_differences(target.pid), 0)
                # The new program can be traced once the old one's session is let go.
                self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)
                self.start_session(target.pid)
                target.hold(20, 800)
                self.assertEqual(held(self.snapshot(target.pid)), expected(20, 800))

    def test_a_live_view_of_a_target_that_executes_ends(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid, "--interval", "0.1")
        view.wait_for_table()
        target.hold(300, 700)
        self.assertEqual(target.ask(f"execute {sys.executable} -S {TARGET}"), "ready")
        self.assertEqual(view.wait(), NO_TARGET)
        self.assertIn("executed a new program", view.err)
        self.assertEqual(code_differences(target.pid), 0)

    def test_a_new_process_with_the_same_pid_is_not_the_target(self) -> None:
        target = self.target()
        pid = target.pid
        self.start_session(pid)
        target.hold(300, 700)
        target.end()
        try:
            other = start_with_pid(pid, supported_pythons()[0], TARGET)
        except PidTaken as reason:
            self.skipTest(f"the pid could not be had again: {reason}")
        with contextlib.closing(other):
            other.expect("ready")
            other.hold(400, 900)
            self.assert_holds(target, expected(300, 700), "ended")
            self.assertEqual(code_differences(pid), 0)
            # The old one's data are not given up for it; whoever wants the new one says so.
            refused = run_tmbpf("start", "--pid", pid)
            self.assertIn(f"tmbpf stop --pid {pid}", refused.err)
            self.assertEqual(run_tmbpf("stop", "--pid", pid).status, DONE)
            self.start_session(pid)
            other.hold(20, 800)
            self.assertEqual(held(self.snapshot(pid)), expected(20, 800))


if __name__ == "__main__":
    main()
