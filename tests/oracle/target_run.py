# SPDX-License-Identifier: Apache-2.0
"""One run of target.py, watched from inside (tracemalloc) or from outside (tmbpf)."""
import dataclasses
import json
import os
import pickle
import platform
import select
import subprocess
import time
import tracemalloc
from collections import Counter

from interpreters import Interpreter
from python_root import wait_for_inner_pid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DRIVER_FILES = ("oracle/target.py", "oracle/tracemalloc_modes.py")  # within TESTS
POINT_SECONDS = 120  # a program takes about a second; under probes on a slow machine much longer
COMMAND_SECONDS = 60


class RunFailed(Exception):
    """A run that gave nothing to compare; the text says what happened."""


class CommandFailed(RunFailed):
    """A tmbpf that ended with another status than 0."""

    def __init__(self, command: list, status: int, err: str) -> None:
        super().__init__(f"{' '.join(command)}: status {status}: {err.strip()}")
        self.status = status
        self.err = err


class Run:
    """What one run allocated between "ready" and "done" and still held at "done".

    blocks: {(size, traceback, total_nframe): count}, tracebacks raw (most recent frame first),
            without the driver's own allocations: the modes differ in what the driver does.
            CPython 3.8 does not know total_nframe: None there.
    """

    def __init__(self, traces: list, has_total: bool = True) -> None:
        self.blocks: Counter = Counter()
        for domain, size, traceback, *total_nframe in traces:
            if domain != 0:
                raise RunFailed(f"a trace of domain {domain}; no program here makes any")
            if not traceback[0][0].endswith(DRIVER_FILES):
                self.blocks[size, tuple(traceback), total_nframe[0] if has_total else None] += 1


class Target:
    """A running target.py. Leaving the with block ends the process if it still runs.

    In a root folder the tests are /mnt/tests and the folder of the output is /mnt/output, and so the
    target names its files. `environment` and `python_options` are added to those of every run.
    """

    def __init__(self, python: Interpreter, program: str, mode: str, frames: int, output: str,
                 environment: "dict | None" = None, python_options: tuple = ()) -> None:
        # Addresses alike in all modes (setarch -R): CPython has a few integers made of addresses
        # (type.__subclasses__ is keyed by them), and an integer's size depends on its value.
        variables = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.defpath, **(environment or {})}
        folder, name = os.path.split(os.path.abspath(output))
        tests = TESTS
        binds = {tests: "tests", folder: "output"}
        if python.root:
            tests, folder = "/mnt/tests", "/mnt/output"
        command = python.command(binds, [
            *python_options, "-s", "-S", "-B", f"{tests}/oracle/target.py", f"{tests}/programs/{program}",
            "--mode", mode, "--frames", str(frames), "--output", f"{folder}/{name}"])
        self.process = subprocess.Popen(
            ["setarch", platform.machine(), "-R", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables)
        self.in_root = bool(python.root)

    @property
    def pid(self) -> int:
        """The interpreter's, as it is seen from here. After "ready"."""
        return wait_for_inner_pid(self.process.pid) if self.in_root else self.process.pid

    def __enter__(self) -> "Target":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for(self, point: bytes) -> None:
        descriptor = self.process.stdout.fileno()
        text = b""
        deadline = time.monotonic() + POINT_SECONDS
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise RunFailed(f"not {point.decode().strip()} within {POINT_SECONDS} s")
            part = os.read(descriptor, 64)
            if not part:
                raise RunFailed("the target ended early: " + self._last_words())
            text += part
        if text != point:
            raise RunFailed(f"the target said {text!r} instead of {point!r}")

    def wait_until_blocked(self) -> None:
        """It has said the word; its read still allocates a buffer before it sleeps in the kernel."""
        pid = self.pid
        deadline = time.monotonic() + POINT_SECONDS
        while time.monotonic() < deadline:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] == "S":
                    return
            time.sleep(0.001)
        raise RunFailed(f"the target did not come to rest within {POINT_SECONDS} s")

    def go_on(self) -> None:
        self.process.stdin.write(b"g")
        self.process.stdin.flush()

    def finish(self) -> None:
        try:
            status = self.process.wait(timeout=POINT_SECONDS)
        except subprocess.TimeoutExpired:
            raise RunFailed("the target did not end") from None
        if status != 0:
            raise RunFailed(f"the target ended with status {status}: {self._last_words()}")

    def _last_words(self) -> str:
        return self.process.stderr.read().decode(errors="replace").strip()[-2000:]


def knows_total(python: Interpreter) -> bool:
    return python.version >= (3, 9)


def run_inside(python: Interpreter, program: str, mode: str, frames: int, output: str,
               **target_options) -> Run:
    """Modes tracemalloc and allocator: the target writes its own result."""
    with Target(python, program, mode, frames, output, **target_options) as target:
        for point in (b"ready\n", b"done\n"):
            target.wait_for(point)
            target.go_on()
        target.finish()
    with open(output, "rb") as file:
        return Run(pickle.load(file), knows_total(python))


def call(command: list) -> str:
    """stdout of the command; RunFailed with its stderr if it fails or does not end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        raise RunFailed(f"{' '.join(command)}: no end within {COMMAND_SECONDS} s") from None
    except OSError as error:
        raise RunFailed(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        raise CommandFailed(command, done.returncode, done.stderr)
    return done.stdout


def check_status(status: dict, snapshot: tracemalloc.Snapshot) -> None:
    """The target has stood still since the snapshot: what tmbpf counts must be what it wrote."""
    traces = snapshot.traces._traces
    expected = {"lost": 0, "traces": len(traces), "traced_current": sum(trace[1] for trace in traces)}
    found = {key: status.get(key) for key in expected}
    if found != expected:
        raise RunFailed(f"status says {found}, the snapshot {expected}; losses: {status.get('losses')}")


@dataclasses.dataclass(frozen=True)
class Session:
    """A run that tmbpf watched, and what it said of it at "done" (status --json)."""
    run: Run
    status: dict


def run_outside(tmbpf: str, python: Interpreter, program: str, frames: int, output: str,
                options: tuple = (), **target_options) -> Session:
    """Mode tmbpf: a background session from "ready" to "done"; `options` are more words for start."""
    with Target(python, program, "tmbpf", frames, output, **target_options) as target:
        target.wait_for(b"ready\n")
        pid = str(target.pid)
        call([tmbpf, "start", "--pid", pid, "--frames", str(frames), *options])
        try:
            target.go_on()
            target.wait_for(b"done\n")
            target.wait_until_blocked()
            call([tmbpf, "snapshot", "--pid", pid, "--output", output])
            status = json.loads(call([tmbpf, "status", "--pid", pid, "--json", "--fresh"]))
        except RunFailed:
            # Leave no session behind; what went wrong first is what counts.
            subprocess.run([tmbpf, "stop", "--pid", pid], capture_output=True, timeout=COMMAND_SECONDS)
            raise
        call([tmbpf, "stop", "--pid", pid])
        target.go_on()
        target.finish()
    snapshot = tracemalloc.Snapshot.load(output)
    check_status(status, snapshot)
    if snapshot.traceback_limit != frames:
        raise RunFailed(f"traceback_limit is {snapshot.traceback_limit}, asked for {frames}")
    snapshot.statistics("lineno")  # proves that the standard library can work with what we wrote
    return Session(Run(snapshot.traces._traces, knows_total(python)), status)
