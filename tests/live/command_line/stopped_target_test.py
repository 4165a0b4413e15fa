# SPDX-License-Identifier: Apache-2.0
"""Targets that cannot go on just now: stopped by a signal, or with no memory left in their cgroup."""
import os
import signal
import unittest

from support import (DONE, NO_TARGET, CommandLineTest, Target, expected, held, main, marked_line, run_tmbpf,
                     supported_pythons, wait_until)

CGROUPS = "/sys/fs/cgroup"
ROOM = 4 << 20  # bytes that the cgroup has left when it gets its limit


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


class StoppedTargetTest(CommandLineTest):
    def stop(self, target: Target) -> None:
        target.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(target.pid) == "T", "it is stopped")

    def go_on(self, target: Target) -> None:
        self.assertEqual(state_of(target.pid), "T")  # it is for others to let it go on
        target.process.send_signal(signal.SIGCONT)

    def test_a_stopped_target_is_attached_to_and_traced_when_it_goes_on(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.stop(target)
                self.start_session(target.pid)
                self.assertEqual((self.status(target.pid)["coverage"], held(self.snapshot(target.pid))), (1.0, (0, 0)))
                self.go_on(target)
                target.hold(100, 700)
                self.assertEqual(held(self.snapshot(target.pid)), expected(100, 700))
                self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)
                self.assert_free(target)

    def test_what_a_stopped_target_holds_is_told_and_it_is_let_go(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(100, 700)
        address = int(target.ask("make large"))
        self.stop(target)
        self.assertEqual(held(self.snapshot(target.pid)), expected(100, 700))
        status = self.status(target.pid)
        self.assertEqual((status["state"], status["coverage"], status["lost"]), ("running", 1.0, 0))
        self.assertIn(f"line {marked_line('made large')}", run_tmbpf("object", "--pid", target.pid, address).out)
        for command in (("clear",), ("reset-peak",), ("filter", "add", "--min-size", "1K"), ("stop",)):
            result = run_tmbpf(*command, "--pid", target.pid)
            self.assertEqual(result.status, DONE, result.err)
        self.assert_free(target)
        self.go_on(target)
        target.hold(10, 700)

    def test_the_view_and_a_recording_of_a_stopped_target_end_in_time(self) -> None:
        target = self.target()
        self.stop(target)
        output = os.path.join(self.directory, "$counter.pickle")
        for words in (("--once", "--duration", "0.5"), ("check",),
                      ("record", "--interval", "0.2s", "--count", 2, "--output", output)):
            with self.subTest(words[0]):
                result = run_tmbpf(*words, "--pid", target.pid)
                self.assertEqual((result.status, result.err), (DONE, ""))
                self.assert_free(target)
        self.go_on(target)
        target.hold(10, 700)

    def test_a_target_that_is_killed_while_it_is_stopped_leaves_what_it_held(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(100, 700)
        self.stop(target)
        target.end()
        wait_until(lambda: not self.status(target.pid)["tracing"], "its end is noticed")
        self.assertEqual(held(self.snapshot(target.pid)), expected(100, 700))


class FullCgroupTest(CommandLineTest):
    """The breakpoints' pages are charged to the target's cgroup, the tracer's memory is not."""

    def setUp(self) -> None:
        super().setUp()
        self.cgroup = os.path.join(CGROUPS, f"tmbpf-test-{os.getpid()}")
        try:
            with open(os.path.join(CGROUPS, "cgroup.subtree_control"), encoding="ascii") as file:
                if "memory" not in file.read().split():
                    self.leave_out(f"no memory controller in {CGROUPS}")
            os.mkdir(self.cgroup)
        except OSError as error:
            self.leave_out(f"no cgroup v2 that may be written: {error}")
        self.addCleanup(os.rmdir, self.cgroup)

    @staticmethod
    def leave_out(reason: str) -> None:
        print(f"left out: {reason}")
        raise unittest.SkipTest(reason)

    def write(self, name: str, value: object) -> None:
        with open(os.path.join(self.cgroup, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def number(self, name: str) -> int:
        with open(os.path.join(self.cgroup, name), encoding="ascii") as file:
            return int(file.read())

    def events(self) -> dict:
        with open(os.path.join(self.cgroup, "memory.events"), encoding="ascii") as file:
            return {key: int(value) for key, value in (line.split() for line in file)}

    def target_in_cgroup(self) -> Target:
        """From its begin, so that all its memory is charged there."""
        target = self.target(preexec_fn=lambda: self.write("cgroup.procs", os.getpid()))
        self.addCleanup(self.take_out, target)
        return target

    def test_a_target_that_reaches_its_limit_is_traced_to_its_end(self) -> None:
        target = self.target_in_cgroup()
        self.start_session(target.pid)
        target.hold(100, 700)
        self.limit(ROOM)
        # What the limit lets it hold, then one more: the kernel kills it.
        target.send(f"hold {4 * ROOM // 1000} 1000")
        self.assertEqual(target.process.wait(60), -signal.SIGKILL)
        self.assertGreater(self.events()["oom_kill"], 0)
        wait_until(lambda: not self.status(target.pid)["tracing"], "its end is noticed")
        size, count = held(self.snapshot(target.pid))
        self.assertGreater(count, 1000)
        self.assertGreater(size, ROOM // 4)
        self.assertEqual(self.status(target.pid)["lost"], 0)

    def test_a_target_in_a_full_cgroup_is_refused_and_lives(self) -> None:
        target = self.target_in_cgroup()
        target.hold(1000, 700)
        self.limit(64 << 10)
        output = os.path.join(self.directory, "$counter.pickle")
        for words in (["start"], ["--once"], ["record", "--output", output]):
            result = run_tmbpf(*words, "--pid", target.pid)
            self.assert_refused(result, NO_TARGET, "too little memory for the probes", self.cgroup)
        self.assertIn("FAIL memory for the probes", run_tmbpf("check", "--pid", target.pid).out)
        self.assertEqual(self.events()["oom_kill"], 0)
        self.limit(ROOM)
        self.assertEqual(run_tmbpf("check", "--pid", target.pid).status, DONE)
        self.start_session(target.pid)
        target.hold(100, 700)
        self.assertEqual(held(self.snapshot(target.pid)), expected(100, 700))

    def limit(self, room: int) -> None:
        """Lets it take so much more."""
        if os.path.exists(os.path.join(self.cgroup, "memory.swap.max")):
            self.write("memory.swap.max", 0)
        self.write("memory.max", "max")
        self.write("memory.max", self.number("memory.current") + room)

    def take_out(self, target: Target) -> None:
        target.close()
        wait_until(lambda: not self.number_of_processes(), "the cgroup is empty")

    def number_of_processes(self) -> int:
        with open(os.path.join(self.cgroup, "cgroup.procs"), encoding="ascii") as file:
            return len(file.read().split())


if __name__ == "__main__":
    main()
