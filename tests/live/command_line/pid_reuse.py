# SPDX-License-Identifier: Apache-2.0
"""Starts a target under a pid of our choice, as chance does when pids come round again: clone3(2)
takes the wanted pid from who has CAP_SYS_ADMIN."""
import ctypes
import os
import signal
import struct

from support import Target

CLONE3 = 435  # the same number on every architecture


class PidTaken(Exception):
    """The kernel did not give it."""


class Child:
    """As much of subprocess.Popen as Target uses."""

    def __init__(self, pid: int, stdin: int, stdout: int) -> None:
        self.pid = pid
        self.stdin = os.fdopen(stdin, "wb", 0)
        self.stdout = os.fdopen(stdout, "rb", 0)
        self.returncode = None

    def poll(self):
        if self.returncode is None and os.waitpid(self.pid, os.WNOHANG)[0]:
            self.returncode = 0
        return self.returncode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, _timeout: float) -> int:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


class ChosenTarget(Target):
    def __init__(self, child: Child) -> None:  # pylint: disable=super-init-not-called
        self.process = child
        self.pid = child.pid


def clone_with_pid(pid: int) -> int:
    """As fork(): 0 in the child, which must execute at once."""
    wanted = ctypes.c_int(pid)
    # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
    # set_tid, set_tid_size
    arguments = ctypes.create_string_buffer(
        struct.pack("10Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1))
    libc = ctypes.CDLL(None, use_errno=True)
    child = libc.syscall(CLONE3, arguments, ctypes.c_size_t(80))
    if child < 0:
        raise PidTaken(os.strerror(ctypes.get_errno()))
    return child


def start_with_pid(pid: int, python: str, program: str) -> Target:
    """A target with exactly this pid. Raises PidTaken."""
    request_read, request_write = os.pipe()
    answer_read, answer_write = os.pipe()
    child = clone_with_pid(pid)
    if child == 0:
        try:
            os.dup2(request_read, 0)
            os.dup2(answer_write, 1)
            os.execv(python, [python, "-S", program])
        finally:
            os._exit(127)
    os.close(request_read)
    os.close(answer_write)
    return ChosenTarget(Child(child, request_write, answer_read))
