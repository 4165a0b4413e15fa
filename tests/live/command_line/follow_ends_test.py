# SPDX-License-Identifier: Apache-2.0
"""Processes of a family end, execute another program, or lose their pid to a stranger, while tmbpf looks at them or
is busy with something else."""
import contextlib
import json
import os
import signal
import socket
import time

from code_differences import code_differences
from family import FamilyTarget, FollowTest, expected_of_child, has_session, held_by_child
from pid_reuse import PidTaken, start_with_pid
from support import DONE, RUN_DIRECTORY, TARGET, TIMEOUT, is_locked, main, run_tmbpf, supported_pythons, wait_until


class Client:
    """One at a session's socket that says nothing before it is told to: the session waits for it."""

    def __init__(self, pid: int) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT)
        self._socket.connect(f"{RUN_DIRECTORY}/{pid}.sock")

    def hold_up(self) -> None:
        """The session gives a client some seconds for each piece of its line."""
        self._socket.send(b" ")

    def ask(self, **request) -> None:
        self._socket.send(json.dumps(request).encode() + b"\n")

    def answer(self) -> dict:
        return json.loads(self._socket.makefile("rb").readline())

    def close(self) -> None:
        self._socket.close()


def command_line_of(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


class EndsTest(FollowTest):
    def client(self, pid: int) -> Client:
        client = self.enterContext(contextlib.closing(Client(pid)))
        client.hold_up()
        return client

    def end(self, target: FamilyTarget) -> None:
        target.end()
        wait_until(lambda: self.status(target.pid)["state"] == "ended", "its end is noticed")


class RootEndsTest(EndsTest):
    def test_without_follow_a_target_that_daemonises_leaves_what_it_held(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.family(python)) as target:
                self.start_session(target.pid)
                target.child("hold", 200)
                child = target.child("daemonise", 100)
                wait_until(lambda: self.status(target.pid)["state"] == "ended", "its end is noticed")
                self.assertEqual(held_by_child(self.snapshot(target.pid)), expected_of_child(200))
                wait_until(lambda: code_differences(child) == 0, "the child is healed", 10)  # pylint: disable=cell-var-from-loop
                self.assertFalse(is_locked(child))

    def test_a_target_that_daemonises_is_followed_into_its_child(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        target.child("hold", 200)
        child = self.followed(target, "daemonise", 100)
        self.assert_holds(target, child, 100)
        wait_until(lambda: self.status(target.pid)["state"] == "ended", "its end is noticed")
        self.assertEqual(held_by_child(self.snapshot(target.pid)), expected_of_child(200))

    def test_children_outlive_the_target_and_are_followed_on(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.family(python)) as target:
                self.start_session(target.pid, "--follow")
                child = self.followed(target, "fork", 150)
                target.tell(child, "stay")
                target.answer_of(child)
                self.end(target)
                target.tell(child, "fork", 250)
                grandchild = target.answer_of(child)
                wait_until(lambda: has_session(grandchild), "the grandchild is followed")  # pylint: disable=cell-var-from-loop
                self.assert_holds(target, child, 150)
                self.assert_holds(target, grandchild, 250)
                self.assertEqual(set(self.members(target.pid)), {child, grandchild})

    def test_a_new_python_in_the_targets_place_has_its_children_followed(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        target.send("execute " + " ".join(target.words_for()))
        target.expect("ready")
        child = self.followed(target, "fork", 120)
        self.assert_holds(target, child, 120)
        wait_until(lambda: self.status(target.pid)["tracing"], "the new program is traced")
        target.child("hold", 170)
        self.assertEqual(held_by_child(self.snapshot(target.pid)), expected_of_child(170))
        other = self.followed(target, "grandchild", 130)
        self.assert_holds(target, other, 130)


class NewProgramTest(EndsTest):
    def test_a_program_executed_by_another_thread_is_followed_and_so_are_its_children(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.family(python)) as target:
                self.start_session(target.pid, "--follow")
                child = self.followed(target, "fork", 100)
                before = self.status(child)["elapsed"]
                target.tell(child, "thread-execute", *target.words_for(160))
                time.sleep(0.2)

                def is_fresh() -> bool:
                    status = self.status(child)  # pylint: disable=cell-var-from-loop
                    return status["tracing"] and status["elapsed"] < before  # pylint: disable=cell-var-from-loop
                before += 3600
                wait_until(is_fresh, "the new program is traced")
                self.assert_holds(target, child, 160)
                target.tell(child, "fork", 140)
                grandchild = target.answer_of(child)
                wait_until(lambda: has_session(grandchild), "the grandchild is followed")  # pylint: disable=cell-var-from-loop
                self.assert_holds(target, grandchild, 140)

    def test_who_asks_while_a_new_program_is_taken_in_gets_an_answer(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 100)
        # The first keeps the session from seeing the new program, the second from taking its tracer in.
        first = self.client(target.pid)
        second = self.client(target.pid)
        target.tell(child, "execute", *target.words_for(180))
        wait_until(lambda: command_line_of(child).endswith("\x00180\x00"), "the new program is there")
        time.sleep(1)  # the session's own thread takes the event in, every 10 ms
        first.close()
        for _ in range(100):
            if code_differences(child) > 0:
                break
            second.hold_up()
            time.sleep(0.1)
        self.assertGreater(code_differences(child), 0)
        time.sleep(1)
        third = self.client(child)
        third.ask(command="status")
        second.ask(command="status")
        self.assertEqual(second.answer()["result"]["pid"], target.pid)
        answer = third.answer()
        self.assertEqual((answer["ok"], answer["result"]["pid"], answer["result"]["state"]), (True, child, "running"))
        self.assertTrue(self.status(target.pid)["tracing"])
        self.assert_holds(target, child, 180)


class StrangerTest(EndsTest):
    def test_a_stranger_with_the_pid_of_a_child_that_ended_is_left_alone(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        busy = self.client(target.pid)
        time.sleep(0.3)
        pid = target.child("fork", 100)
        target.child("reap", pid)
        time.sleep(0.05)  # start times are told in hundredths of a second
        try:
            stranger = start_with_pid(pid, supported_pythons()[0], TARGET)
        except PidTaken as reason:
            self.skipTest(f"the pid could not be had again: {reason}")
        with contextlib.closing(stranger):
            stranger.expect("ready")
            busy.close()
            self.followed(target, "fork", 100)  # in the order of the forks
            self.assertEqual(code_differences(pid), 0)
            self.assertFalse(is_locked(pid))
            status = self.status(target.pid)
            self.assertNotIn(pid, self.members(target.pid))
            self.assertEqual((status["not_followed"], status["ended_unseen"]), (0, 1))

    def test_children_are_followed_from_another_time_namespace(self) -> None:
        target = self.family()
        result = run_tmbpf("start", "--pid", target.pid, "--follow",
                           before=("unshare", "--time", "--boottime", "86400", "--fork"))
        self.assertEqual(result.status, DONE, result.err)
        self.addCleanup(run_tmbpf, "stop", "--pid", target.pid)
        child = self.followed(target, "fork", 100)
        self.assert_holds(target, child, 100)


if __name__ == "__main__":
    main()
