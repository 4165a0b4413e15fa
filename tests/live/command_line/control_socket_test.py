# SPDX-License-Identifier: Apache-2.0
"""The files in the run directory: what dead tmbpfs left there, and what is another user's."""
import contextlib
import os
import signal
import socket
import subprocess
import sys

from support import (DONE, NOBODY, NOT_PERMITTED, RUN_DIRECTORY, CommandLineTest, expected, held, is_held, main,
                     run_tmbpf, wait_until)

# Listens at a path of root's as another user: bound before it becomes one, listening after.
LISTENER = """import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
os.setuid(int(sys.argv[2]))
server.listen()
print("ready", flush=True)
sys.stdin.read()
"""


def path_of(pid: int, kind: str) -> str:
    return f"{RUN_DIRECTORY}/{pid}.{kind}"


def files_of(pid: int) -> set:
    return {kind for kind in ("lock", "sock") if os.path.lexists(path_of(pid, kind))}


class LeftoversTest(CommandLineTest):
    def killed_session(self, target) -> None:
        self.start_session(target.pid)
        os.kill(self.session_pid(target.pid), signal.SIGKILL)
        wait_until(lambda: not is_held(target.pid), "the session ends")

    def test_what_was_left_for_a_process_that_is_gone_goes_at_the_next_start(self) -> None:
        gone, other = self.target(), self.target()
        self.killed_session(gone)
        self.assertEqual(files_of(gone.pid), {"lock", "sock"})
        gone.end()
        self.start_session(other.pid)
        self.assertEqual(files_of(gone.pid), set())
        self.assertEqual(files_of(other.pid), {"lock", "sock"})

    def test_a_view_and_a_recording_clear_away_too(self) -> None:
        other = self.target()
        for words in (("--once",), ("record", "--count", 1, "--interval", "0.2s",
                                    "--output", os.path.join(self.directory, "$counter.pickle"))):
            with self.subTest(words[0]):
                gone = self.target()
                self.killed_session(gone)
                gone.end()
                self.assertEqual(run_tmbpf(*words, "--pid", other.pid).status, DONE)
                self.assertEqual(files_of(gone.pid), set())

    def test_what_was_left_for_a_process_that_lives_waits_for_its_next_session(self) -> None:
        left, other = self.target(), self.target()
        self.killed_session(left)
        self.start_session(other.pid)
        self.assertEqual(files_of(left.pid), {"lock", "sock"})
        self.start_session(left.pid)
        left.hold(10, 700)
        self.assertEqual(held(self.snapshot(left.pid)), expected(10, 700))
        self.assertEqual(run_tmbpf("stop", "--pid", left.pid).status, DONE)
        self.assert_free(left)

    def test_a_session_that_holds_what_an_ended_process_left_keeps_its_files(self) -> None:
        ended, other = self.target(), self.target()
        self.start_session(ended.pid)
        ended.hold(10, 700)
        ended.end()
        self.start_session(other.pid)
        self.assertEqual(files_of(ended.pid), {"lock", "sock"})
        self.assertEqual(held(self.snapshot(ended.pid)), expected(10, 700))

    def test_what_is_no_file_of_ours_stays(self) -> None:
        target = self.target()
        self.start_session(target.pid)  # so that the directory is there
        run_tmbpf("stop", "--pid", target.pid)
        names = ("notes.lock", "12x.sock", "0.lock", "99999999999.lock")
        for name in names:
            path = os.path.join(RUN_DIRECTORY, name)
            with open(path, "w", encoding="utf-8"):
                self.addCleanup(os.unlink, path)
        self.start_session(target.pid)
        self.assertEqual([name for name in names if name not in os.listdir(RUN_DIRECTORY)], [])


class OwnerTest(CommandLineTest):
    """The run directory is root's, so this takes a mistake of root's; it is refused all the same."""

    def setUp(self) -> None:
        super().setUp()
        self.traced = self.target()
        self.start_session(self.traced.pid)
        run_tmbpf("stop", "--pid", self.traced.pid)
        self.path = path_of(self.traced.pid, "sock")
        self.addCleanup(self.remove)

    def remove(self) -> None:
        for kind in files_of(self.traced.pid):
            os.unlink(path_of(self.traced.pid, kind))

    def assert_all_refuse(self, *words: str) -> None:
        output = os.path.join(self.directory, "a.pickle")
        for command in (["status"], ["stop"], ["snapshot", "--output", output], ["start"]):
            with self.subTest(command[0]):
                result = run_tmbpf(*command, "--pid", self.traced.pid)
                self.assert_refused(result, NOT_PERMITTED, *words, f"user {NOBODY}'s", "remove it")
        self.assertFalse(os.path.exists(output))

    def test_a_socket_of_another_user_is_refused_and_left_alone(self) -> None:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as server:
            server.bind(self.path)
            server.listen()
            os.chown(self.path, NOBODY, NOBODY)
            self.assert_all_refuse(self.path)
            server.setblocking(False)
            self.assertRaises(BlockingIOError, server.accept)  # nothing was said to it
        self.assertTrue(os.path.exists(self.path))

    def test_another_user_at_a_socket_of_root_is_refused(self) -> None:
        listener = self.enterContext(subprocess.Popen(
            [sys.executable, "-c", LISTENER, self.path, str(NOBODY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        self.assertEqual(listener.stdout.readline(), b"ready\n")
        for command in ("status", "stop"):
            result = run_tmbpf(command, "--pid", self.traced.pid)
            self.assert_refused(result, NOT_PERMITTED, self.path, f"user {NOBODY}'s", "remove it")
        listener.stdin.close()

    def test_a_lock_of_another_user_is_refused(self) -> None:
        path = path_of(self.traced.pid, "lock")
        with open(path, "w", encoding="utf-8"):
            os.chown(path, NOBODY, NOBODY)
        for command in (["start"], ["--once"]):
            result = run_tmbpf(*command, "--pid", self.traced.pid)
            self.assert_refused(result, NOT_PERMITTED, path, f"user {NOBODY}'s", "remove it")
        self.assertTrue(os.path.exists(path))


if __name__ == "__main__":
    main()
