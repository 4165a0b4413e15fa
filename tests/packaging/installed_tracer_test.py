# SPDX-License-Identifier: Apache-2.0
"""The tracer as a library: a program outside the tree traces real Pythons with it, as root."""
import contextlib
import os
import re
import select
import subprocess
import sys
import tempfile

from installed import HERE, Installed

sys.path.insert(0, os.path.join(HERE, "..", "live", "command_line"))
from support import (FAILED, NO_TARGET, TARGET, TIMEOUT, CommandLineTest, code_differences,  # noqa: E402
                     expected, main, marked_line, run_tmbpf, supported_pythons, wait_until)

TOTALS = re.compile(r"(?P<current>\d+) B in (?P<blocks>\d+) blocks, peak (?P<peak>\d+) B, frames 5")
LINE = re.compile(r"(?P<place>.*): (?P<bytes>\d+) B in (?P<blocks>\d+) blocks")


def settle(pid: int) -> None:
    """Until the target waits for its next command (read(2), 0, of file 0): what it allocates for the last is done."""
    def waits() -> bool:
        with open(f"/proc/{pid}/syscall", encoding="ascii") as file:
            return file.read().startswith("0 0x0 ")
    wait_until(waits, "the target waits")


class Program:
    """A running trace_user."""

    def __init__(self, path: str, pid: int) -> None:
        self.process = subprocess.Popen([path, str(pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def line(self) -> str:
        assert select.select([self.process.stdout], [], [], TIMEOUT)[0], "the program does not answer"
        return self.process.stdout.readline().decode().rstrip("\n")

    def totals(self) -> tuple:
        """(bytes, blocks, peak)."""
        line = self.line()
        found = TOTALS.fullmatch(line)
        assert found, line
        return int(found["current"]), int(found["blocks"]), int(found["peak"])

    def lines_and_totals(self) -> tuple:
        """What Enter answers with first: {place: (bytes, blocks)}, and the totals."""
        self.process.stdin.write(b"\n")
        lines = {}
        while not TOTALS.fullmatch(text := self.line()):
            found = LINE.fullmatch(text)
            assert found and found["place"] not in lines, text
            lines[found["place"]] = int(found["bytes"]), int(found["blocks"])
        found = TOTALS.fullmatch(text)
        return lines, (int(found["current"]), int(found["blocks"]), int(found["peak"]))

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class InstalledTracerTest(CommandLineTest):
    @classmethod
    def setUpClass(cls) -> None:
        if os.geteuid() == 0:
            folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="tmbpf-installed-"))
            cls.path = Installed(folder).build("trace_user")

    def trace(self, pid: int) -> Program:
        program = self.enterContext(contextlib.closing(Program(self.path, pid)))
        program.totals()
        return program

    def assert_program_refuses(self, pid: int, status: int, words: str) -> None:
        done = subprocess.run([self.path, str(pid)], capture_output=True, text=True, check=False, timeout=TIMEOUT)
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertIn(words, done.stderr)

    def test_each_line_has_its_bytes_and_blocks_until_it_is_cleared(self) -> None:
        place = f"{TARGET}:{marked_line('held')}"
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                program = self.trace(target.pid)
                self.assertGreater(code_differences(target.pid), 0)
                for count, size in ((1000, 2000), (10, 700)):
                    target.hold(count, size)
                    settle(target.pid)
                    lines, totals = program.lines_and_totals()
                    self.assertEqual(lines[place], expected(count, size))
                    self.assertEqual(totals[:2], tuple(map(sum, zip(*lines.values()))))
                    self.assertEqual(program.totals()[:2], totals[:2])  # after reset_peak()
                    self.assertEqual(program.line(), f"forgotten: {totals[0]} B in {totals[1]} blocks")
                    self.assertEqual(program.totals(), (0, 0, 0))
                program.process.stdin.close()
                self.assertEqual(program.process.wait(TIMEOUT), 0)
                self.assert_free(target)

    def test_the_peak_is_what_was_held_until_it_is_reset(self) -> None:
        target = self.target()
        program = self.trace(target.pid)
        target.hold(1000, 2000)
        self.assertEqual(target.ask("drop"), "dropped")
        settle(target.pid)
        lines, (current, _, peak) = program.lines_and_totals()
        self.assertNotIn(f"{TARGET}:{marked_line('held')}", lines)
        self.assertGreaterEqual(peak, current + expected(1000, 2000)[0])
        self.assertEqual(program.totals()[2], current)

    def test_what_is_recorded_stays_when_the_target_ends(self) -> None:
        target = self.target()
        program = self.trace(target.pid)
        target.hold(1000, 2000)
        target.end()
        self.assertEqual(program.process.wait(TIMEOUT), 0)
        current, blocks, _ = program.totals()
        self.assertGreaterEqual((current, blocks), expected(1000, 2000))

    def test_a_process_is_traced_once_whoever_asks(self) -> None:
        target = self.target()
        program = self.trace(target.pid)
        self.assert_refused(run_tmbpf("--once", "--pid", target.pid), FAILED,
                            f"process {target.pid} is already traced", f"(pid {program.process.pid})")
        self.assert_program_refuses(target.pid, FAILED, f"process {target.pid} is already traced")

    def test_the_error_says_why_a_process_cannot_be_traced(self) -> None:
        target = self.target()
        target.end()
        self.assert_program_refuses(target.pid, NO_TARGET, f"no process {target.pid}")


if __name__ == "__main__":
    main()
