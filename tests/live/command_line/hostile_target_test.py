# SPDX-License-Identifier: Apache-2.0
"""Targets whose own structures lie to tmbpf: it ends in time, takes little memory, shows its table,
says what it could not see, and leaves the target alive and as it was."""
import contextlib
import re
import time

from code_differences import code_differences
from python_target import PythonTarget, interpreters_to_test
from support import DONE, CommandLineTest, main

SECONDS = 30  # for a run that traces 1 s
MEMORY = 1 << 30  # bytes

CUT = "a frame was not readable"
NOT_WHOLE = "a name or a line table that was not whole"
EITHER = f"{CUT}|{NOT_WHOLE}"  # to 3.10 a frame with a bad code object is whole itself
LIES = {  # what hostile_target.py is to tell: what tmbpf then says besides its table
    "frames.own_caller": "",
    "frames.cycle": "",
    "frames.without_end": "",
    "frames.bad_code": EITHER,
    "frames.random_frames": CUT,
    "frames.bad_addresses": CUT,
    "frames.changing": CUT,
    "codes.false_names": NOT_WHOLE,
    "codes.false_line_tables": NOT_WHOLE,
    "codes.many_line_tables": NOT_WHOLE,
    "heap.false_pools": "",
    "heap.false_arenas": "",
    "threads.cycle": "",
}


def peak_memory(pid: int) -> int:
    """Bytes; 0 when it has ended."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8") as status:
        match = re.search(r"VmHWM:\s+(\d+) kB", status.read())
        return int(match[1]) * 1024 if match else 0
    return 0


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    return False


class HostileTargetTest(CommandLineTest):
    def trace(self, pid: int) -> tuple:
        """(the finished run, its peak of memory)"""
        run = self.run_on("--pid", pid, "--duration", 1, "--limit", 5)
        peak, end = 0, time.monotonic() + SECONDS
        while run.process.poll() is None:
            peak = max(peak, peak_memory(run.pid))
            self.assertLess(time.monotonic(), end, "tmbpf hangs")
            self.assertLess(peak, MEMORY, "tmbpf blows up")
            time.sleep(0.01)
        return run, peak

    def assert_withstands(self, target: PythonTarget, says: str) -> None:
        run, peak = self.trace(target.pid)
        self.assertEqual(run.process.returncode, DONE, run.err)
        self.assertIn("Location", run.out)
        self.assertRegex(run.out, r"traced [^\n]* in [1-9]")
        self.assertRegex(run.out, says)
        self.assertGreater(peak, 0)
        self.assertTrue(is_alive(target.pid), "the target has died")
        self.assertEqual(code_differences(target.pid), 0)

    def test_no_lie_hangs_or_ends_it_and_what_is_lost_is_counted(self) -> None:
        pythons = interpreters_to_test()
        self.assertTrue(pythons, "no supported CPython is installed: run scripts/setup")
        for python in pythons:
            for lie, says in LIES.items():
                with self.subTest(python.describe(), lie=lie), \
                        contextlib.closing(PythonTarget(python, "hostile_target.py", (lie,), options=("-S",))) as target:
                    self.assert_withstands(target, says)


if __name__ == "__main__":
    main()
