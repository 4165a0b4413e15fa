# SPDX-License-Identifier: Apache-2.0
"""One process from its start to its end: wall time, peak memory, output."""
import dataclasses
import os
import subprocess
import tempfile
import threading
import time

from bench_target import BenchFailed

KIB = 1 << 10
LIMIT_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class MeasuredRun:
    seconds: float  # from before the start until it is reaped
    cpu: float  # seconds of it, of all threads: what else runs on the machine is not in it
    peak: int  # bytes resident; never less than this process has itself, whose memory the child begins with
    output: str

    @classmethod
    def of(cls, *words: object) -> "MeasuredRun":
        """A command that fails raises its stderr."""
        command = list(map(str, words))
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            begin = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
            limit = threading.Timer(LIMIT_SECONDS, process.kill)
            limit.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
                seconds = time.perf_counter() - begin
                process.returncode = os.waitstatus_to_exitcode(status)
            finally:
                limit.cancel()
                process.kill()
                process.wait()
            if process.returncode != 0:
                raise BenchFailed(f"{' '.join(command)}: status {process.returncode}: {text_of(errors).strip()}")
            return cls(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIB, text_of(output))


def text_of(file: "tempfile._TemporaryFileWrapper") -> str:
    file.seek(0)
    return file.read().decode()
