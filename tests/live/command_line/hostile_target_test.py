# SPDX-License-Identifier: Apache-2.0
"""Targets whose own structures lie to tmbpf: it ends in time, takes little memory, shows its table,
says what it could not see, and leaves the target alive and as it was."""
import contextlib
import re
import time

from code_differences import code_differences
from python_target import PythonTarget, interpreters_to_test
from plain_table import TABLE
from support import DONE, CommandLineTest, main, run_tmbpf

TRACED = 0.3  # seconds
SECONDS = 30  # for a run that traces so long
MEMORY = 1 << 30  # bytes

CUT = "a frame was not readable"
NOT_WHOLE = "a name or a line table that was not whole"
EITHER = f"{CUT}|{NOT_WHOLE}"  # to 3.10 a frame with a bad code object is whole itself
NOT_JUDGED = "[1-9][0-9,]* pools of the heap changed too fast to be judged"
NOBODY = "<unknown>:0"  # of a thread that is in no list, also not in one without end
LIES = {  # what hostile_target.py is to tell: what tmbpf then says besides its table
    "frames.bad_code": EITHER,
    "frames.random_frames": CUT,
    "frames.bad_addresses": CUT,
    "frames.changing": CUT,
    "codes.false_names": NOT_WHOLE,
    "codes.false_line_tables": NOT_WHOLE,
    "codes.many_line_tables": NOT_WHOLE,
    "heap.false_pools": NOT_JUDGED,
    "heap.false_arenas": NOT_JUDGED,
    "threads.cycle": NOBODY,
}

# Each frame of these stacks is true to who reads it: the table has nothing to say, nothing is cut
# short. The snapshot says of each trace that there were more frames than are counted.
ENDLESS = ("frames.own_caller", "frames.cycle", "frames.without_end")
FRAMES = 7  # kept; more than these stacks have in truth
COUNTED = 65535  # tracemalloc's greatest total_nframe


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


def lying_targets(lies):
    """(lie, name of the Python, running target), of each lie on each Python."""
    pythons = interpreters_to_test()
    assert pythons, "no supported CPython is installed: run scripts/setup"
    for python in pythons:
        for lie in lies:
            with contextlib.closing(PythonTarget(python, "hostile_target.py", (lie,), options=("-S",))) as target:
                yield lie, python.describe(), target


class HostileTargetTest(CommandLineTest):
    def trace(self, pid: int) -> tuple:
        """(the finished run, its peak of memory)"""
        run = self.run_on("--pid", pid, "--duration", TRACED, "--limit", 5)
        peak, end = 0, time.monotonic() + SECONDS
        while run.process.poll() is None:
            peak = max(peak, peak_memory(run.pid))
            self.assertLess(time.monotonic(), end, "tmbpf hangs")
            self.assertLess(peak, MEMORY, "tmbpf blows up")
            time.sleep(0.01)
        return run, peak

    def assert_as_it_was(self, pid: int) -> None:
        self.assertTrue(is_alive(pid), "the target has died")
        self.assertEqual(code_differences(pid), 0)

    def assert_withstands(self, pid: int, says: str) -> None:
        run, peak = self.trace(pid)
        self.assertEqual(run.process.returncode, DONE, run.err)
        self.assertIn(TABLE, run.out)
        self.assertRegex(run.out, r"traced [^\n]* in [1-9]")
        self.assertRegex(run.out, says)
        self.assertGreater(peak, 0)
        self.assert_as_it_was(pid)

    def assert_counts_without_end(self, pid: int) -> None:
        begin = time.monotonic()
        self.start_session(pid, "--frames", FRAMES)
        time.sleep(TRACED)
        traces = self.snapshot(pid).traces._traces
        peak = peak_memory(self.session_pid(pid))
        status = self.status(pid)
        self.assertEqual(run_tmbpf("stop", "--pid", pid).status, DONE)
        self.assertLess(time.monotonic() - begin, SECONDS)
        self.assertTrue(traces)
        self.assertEqual({(len(traceback), total) for _, _, traceback, total in traces}, {(FRAMES, COUNTED)})
        self.assertEqual(status["lost"], 0, status["losses"])
        self.assertGreater(peak, 0)
        self.assertLess(peak, MEMORY, "tmbpf blows up")
        self.assert_as_it_was(pid)

    def test_no_lie_hangs_or_ends_it_and_what_is_lost_is_counted(self) -> None:
        for lie, python, target in lying_targets(LIES):
            with self.subTest(python, lie=lie):
                self.assert_withstands(target.pid, LIES[lie])

    def test_a_stack_without_end_is_said_to_go_on_behind_the_frames_that_are_kept(self) -> None:
        for lie, python, target in lying_targets(ENDLESS):
            with self.subTest(python, lie=lie):
                self.assert_counts_without_end(target.pid)


if __name__ == "__main__":
    main()
