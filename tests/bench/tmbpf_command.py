# SPDX-License-Identifier: Apache-2.0
"""The tmbpf command as a user calls it, with the wall time of each call."""
import contextlib
import json
import re
import subprocess
import threading
import time

from bench_target import BenchFailed

COMMAND_SECONDS = 60
FIRST_ROW = re.compile(r"^#1: ")
LOCK = "/run/tmbpf/{}.lock"  # holds the pid of the session (userspace/trace/target_lock.cpp)


class TmbpfCommand:
    def __init__(self, binary: str) -> None:
        self.binary = binary

    def run(self, *words: object) -> tuple:
        """(seconds, stdout). A command that fails raises its stderr."""
        command = [self.binary, *map(str, words)]
        begin = time.perf_counter()
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            raise BenchFailed(f"{' '.join(command)}: not done within {COMMAND_SECONDS} s") from None
        seconds = time.perf_counter() - begin
        if done.returncode != 0:
            raise BenchFailed(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
        return seconds, done.stdout

    def start(self, pid: int, *options: object) -> float:
        return self.run("start", "--pid", pid, *options)[0]

    def stop(self, pid: int) -> float:
        return self.run("stop", "--pid", pid)[0]

    def snapshot(self, pid: int, output: str) -> float:
        return self.run("snapshot", "--pid", pid, "--output", output)[0]

    def status(self, pid: int) -> dict:
        return json.loads(self.run("status", "--json", "--pid", pid)[1])

    @contextlib.contextmanager
    def session(self, pid: int, *options: object):
        """Leaving the block detaches, also when it or the attaching failed. Yields {"start"}, the
        wall seconds of `tmbpf start`; "stop" is added when the block is left."""
        times = {}
        try:
            times["start"] = self.start(pid, *options)
            yield times
        except BaseException:
            with contextlib.suppress(BenchFailed):  # what went wrong first is what counts
                self.stop(pid)
            raise
        times["stop"] = self.stop(pid)

    def session_pid(self, pid: int) -> int:
        with open(LOCK.format(pid), encoding="ascii") as file:
            return int(file.read())

    def seconds_to_first_numbers(self, pid: int) -> float:
        """From the start of the process until the first row of the table is on stdout."""
        begin = time.perf_counter()
        process = subprocess.Popen([self.binary, "--pid", str(pid), "--mode", "exact", "--once",
                                    "--interval", "0.1"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        limit = threading.Timer(COMMAND_SECONDS, process.kill)
        limit.start()
        try:
            seconds = next((time.perf_counter() - begin for line in process.stdout
                            if FIRST_ROW.match(line)), None)
            errors = process.communicate()[1].strip()
        finally:
            limit.cancel()
            process.kill()
            process.wait()
        if seconds is None or process.returncode != 0:
            raise BenchFailed(f"tmbpf --once: status {process.returncode}, no table row: {errors}")
        return seconds
