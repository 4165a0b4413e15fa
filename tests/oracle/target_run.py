# SPDX-License-Identifier: Apache-2.0
"""One run of target.py, watched from inside (tracemalloc) or from outside (tmbpf)."""
import json
import os
import pickle
import platform
import select
import subprocess
import time
import tracemalloc
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "target.py")
DRIVER_FILES = (TARGET, os.path.join(HERE, "object_blocks.py"))
POINT_SECONDS = 120  # a program takes about a second; under probes on a slow machine much longer
COMMAND_SECONDS = 60


class RunFailed(Exception):
    """A run that gave nothing to compare; the text says what happened."""


class Run:
    """What one run allocated between "ready" and "done" and still held at "done".

    blocks:  {(size, traceback, total_nframe): count}, tracebacks raw (most recent frame first),
             without the driver's own allocations: the modes differ in what the driver does.
    objects: {(type, size, traceback): count} of objects whose type has a free list; {} for tmbpf.
    """

    def __init__(self, traces: list, objects: dict) -> None:
        self.blocks: Counter = Counter()
        for domain, size, traceback, total_nframe in traces:
            if domain != 0:
                raise RunFailed(f"a trace of domain {domain}; no program here makes any")
            if traceback[0][0] not in DRIVER_FILES:
                self.blocks[size, tuple(traceback), total_nframe] += 1
        self.objects = Counter({key: count for key, count in objects.items()
                                if key[2][0][0] not in DRIVER_FILES})


class Target:
    """A running target.py. Leaving the with block ends the process if it still runs."""

    def __init__(self, python: str, program: str, mode: str, frames: int, output: str) -> None:
        # Addresses alike in all modes (setarch -R): CPython has a few integers made of addresses
        # (type.__subclasses__ is keyed by them), and an integer's size depends on its value.
        environment = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.defpath}
        self.process = subprocess.Popen(
            ["setarch", platform.machine(), "-R", python, "-s", "-S", "-B", TARGET, program,
             "--mode", mode, "--frames", str(frames), "--output", output],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.pid = self.process.pid

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
        deadline = time.monotonic() + POINT_SECONDS
        while time.monotonic() < deadline:
            with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
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


def run_inside(python: str, program: str, mode: str, frames: int, output: str) -> Run:
    """Modes tracemalloc and allocator: the target writes its own result."""
    with Target(python, program, mode, frames, output) as target:
        for point in (b"ready\n", b"done\n"):
            target.wait_for(point)
            target.go_on()
        target.finish()
    with open(output, "rb") as file:
        result = pickle.load(file)
    return Run(result["traces"], result["objects"])


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
        raise RunFailed(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def check_status(status: dict, snapshot: tracemalloc.Snapshot) -> None:
    """The target has stood still since the snapshot: what tmbpf counts must be what it wrote."""
    traces = snapshot.traces._traces
    expected = {"lost": 0, "traces": len(traces), "traced_current": sum(trace[1] for trace in traces)}
    found = {key: status.get(key) for key in expected}
    if found != expected:
        raise RunFailed(f"status says {found}, the snapshot {expected}; losses: {status.get('losses')}")


def run_outside(tmbpf: str, python: str, program: str, frames: int, output: str) -> Run:
    """Mode tmbpf: a background session from "ready" to "done"."""
    with Target(python, program, "tmbpf", frames, output) as target:
        target.wait_for(b"ready\n")
        pid = str(target.pid)
        call([tmbpf, "start", "--pid", pid, "--frames", str(frames)])
        try:
            target.go_on()
            target.wait_for(b"done\n")
            target.wait_until_blocked()
            call([tmbpf, "snapshot", "--pid", pid, "--output", output])
            status = json.loads(call([tmbpf, "status", "--pid", pid, "--json"]))
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
    return Run(snapshot.traces._traces, {})
