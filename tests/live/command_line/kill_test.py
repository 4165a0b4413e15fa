# SPDX-License-Identifier: Apache-2.0
"""tmbpf is killed or interrupted: the target runs on at full speed, and no probe is left in its code."""
import contextlib
import os
import signal

from code_differences import code_differences
from support import (DONE, INTERRUPTED, CommandLineTest, Target, expected, held, main,
                     remove_stale, run_tmbpf, supported_pythons)

SECONDS = 0.15  # of CPU time per measurement
ATTEMPTS = 8
FULL = 0.5  # of the speed before: a virtual machine's own varies by a third, a probe left costs 10 times as much


def speed(target: Target, attempts: int = 3) -> float:
    """The best of some, since the machine may be busy with something else."""
    return max(float(target.ask(f"speed {SECONDS}")) for _ in range(attempts))


class KillTest(CommandLineTest):
    def assert_full_speed(self, target: Target, before: float) -> None:
        best = 0.0
        for _ in range(ATTEMPTS):
            best = max(best, speed(target, 1))
            if best > FULL * before:
                return
        self.fail(f"{best:.0f} pairs a second after it, {before:.0f} before")

    def check_kill(self, python: str, start, number: int) -> None:
        """`start(target)` gives the pid of the tmbpf that is then sent the signal."""
        with contextlib.closing(self.target(python)) as target:
            self.assertEqual(code_differences(target.pid), 0)
            before = speed(target)
            tracer = start(target)
            probes = code_differences(target.pid)
            traced = speed(target, 1)
            os.kill(tracer, number)
            self.assert_becomes_free(target)
            self.assert_full_speed(target, before)
            self.assertGreater(probes, 0)
            # Exact mode costs microseconds a pair: were it not seen, the measure would prove nothing.
            self.assertLess(traced, before / 5)
            # The target is well, and can be traced again.
            self.start_session(target.pid)
            target.hold(50, 300)
            self.assertEqual(held(self.snapshot(target.pid)), expected(50, 300))
            self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)
            self.assert_free(target)

    def start_view(self, target: Target) -> int:
        view = self.run_on("--pid", target.pid, "--interval", "0.1")
        view.wait_for_table()
        return view.pid

    def start_background(self, target: Target) -> int:
        self.start_session(target.pid)
        return self.session_pid(target.pid)

    def test_a_killed_live_view_leaves_no_probe(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                self.check_kill(python, self.start_view, signal.SIGKILL)

    def test_a_killed_session_leaves_no_probe(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                self.check_kill(python, self.start_background, signal.SIGKILL)

    def test_a_kill_while_it_attaches_leaves_no_probe(self) -> None:
        target = self.target()
        for attempt in range(12):
            view = self.run_on("--pid", target.pid)
            # Sometime between the first step and the last probe; where exactly is chance.
            with contextlib.suppress(Exception):
                view.process.wait(0.02 + 0.015 * attempt)
            view.send(signal.SIGKILL)
            view.wait()
            self.assert_becomes_free(target)
        target.hold(10, 10)

    def test_ctrl_c_ends_a_live_view_cleanly(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                target = self.target()
                view = self.run_on("--pid", target.pid, "--interval", "0.1")
                view.wait_for_table(2)
                view.send(number)
                self.assertEqual(view.wait(), INTERRUPTED)
                self.assertEqual(view.err, "")
                self.assert_free(target)

    def test_ctrl_c_while_it_attaches_ends_it_too(self) -> None:
        target = self.target()
        for wait in (0.05, 0.1, 0.15, 0.2):
            view = self.run_on("--pid", target.pid)
            with contextlib.suppress(Exception):
                view.process.wait(wait)
            view.send(signal.SIGINT)
            self.assertIn(view.wait(), (INTERRUPTED, -signal.SIGINT))
            self.assert_becomes_free(target)

    def test_a_program_outlives_the_tmbpf_that_started_it(self) -> None:
        ready = os.path.join(self.directory, "ready")
        go_on = os.path.join(self.directory, "go-on")
        os.mkfifo(ready)
        os.mkfifo(go_on)
        code = (f"import os; open({ready!r}, 'w').write(str(os.getpid())); open({go_on!r}).read(); "
                f"open({ready!r}, 'w').write('well')")
        view = self.run_on("--", supported_pythons()[0], "-c", code)
        with open(ready, encoding="utf-8") as file:
            program = int(file.read())
        self.addCleanup(remove_stale, program)
        self.assertNotEqual(program, view.pid)
        view.send(signal.SIGKILL)
        view.wait()
        with open(go_on, "w", encoding="utf-8"):
            pass
        with open(ready, encoding="utf-8") as file:
            self.assertEqual(file.read(), "well")


if __name__ == "__main__":
    main()
