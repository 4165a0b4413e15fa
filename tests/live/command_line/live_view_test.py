# SPDX-License-Identifier: Apache-2.0
"""`tmbpf --pid`: plain text per interval without a terminal, the full screen on one."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from plain_table import TABLE, table_row
from support import (DONE, FAILED, INTERRUPTED, NO_TARGET, CommandLineTest, Target, expected, main, marked_line,
                     run_tmbpf, supported_pythons, tmbpf_path, wait_for_probes, wait_until)

HELD = rf"target\.py:{marked_line('held')}"
LEAVE_SCREEN = "\x1b[?1049l"
ENTER_SCREEN = "\x1b[?1049h"


class PlainViewTest(CommandLineTest):
    def test_one_table_names_the_leaking_line_at_rank_1(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                view = self.run_on("--pid", target.pid, "--once", "--duration", "3")
                wait_for_probes(target.pid)
                target.hold(300, 700)
                self.assertEqual(view.wait(), DONE)
                size, count = expected(300, 700)
                self.assertRegex(view.out, table_row(rf"target\.py:{marked_line('held')}", size, count, rank="1"))
                self.assertEqual(view.err, "")
                self.assert_free(target)

    def test_the_header_has_the_documented_totals(self) -> None:
        target = self.target()
        out = run_tmbpf("--pid", target.pid, "--once", "--frames", "3").out
        for pattern in (rf"^pid {target.pid}: \S+ \(CPython 3\.\d+\.\d+\)$",
                        r"^tracing for [\d.]+ s \| mode exact \| 3 frames$",
                        r"^traced .+ in [\d,]+ blocks? \| peak .+ \| process RSS [\d.]+ [KMG]iB$",
                        r"^tracer memory [\d.]+ MiB \| lost events 0 \| coverage 100\.00 %$",
                        r"^note: [\d,]+ blocks \(.+\) from before the attach, most of [\d, ]+ B$"):
            self.assertRegex(out, re.compile(pattern, re.MULTILINE))

    def test_once_prints_one_table(self) -> None:
        target = self.target()
        result = run_tmbpf("--pid", target.pid, "--once")
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual(result.out.count(TABLE), 1)
        self.assertNotIn("\x1b", result.out)

    def test_output_that_does_not_arrive_is_a_failure(self) -> None:
        target = self.target()
        for words in (("--pid", target.pid, "--once"), ("check",), ("check", "--pid", target.pid)):
            with self.subTest(words[0]), open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([tmbpf_path(), *map(str, words)], stdout=full, stderr=subprocess.PIPE,
                                      text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, FAILED, done.stderr)
                self.assertIn("cannot write", done.stderr)
        self.assert_free(target)

    def test_a_reader_that_goes_away_ends_it(self) -> None:
        target = self.target()
        words = [tmbpf_path(), "--pid", str(target.pid), "--interval", "0.1"]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as view:
            view.stdout.readline()
            view.stdout.close()
            self.assertEqual(view.wait(60), -signal.SIGPIPE)
        self.assert_becomes_free(target)

    def test_duration_and_interval_say_how_many_tables(self) -> None:
        target = self.target()
        begin = time.monotonic()
        result = run_tmbpf("--pid", target.pid, "--duration", "1.3", "--interval", "0.3")
        taken = time.monotonic() - begin
        self.assertEqual(result.status, DONE, result.err)
        self.assertIn(result.out.count(TABLE), (3, 4, 5))
        self.assertNotIn("\x1b", result.out)
        self.assertIn("\n\npid ", result.out)  # an empty line between tables
        self.assertGreaterEqual(taken, 1.3)
        self.assertLess(taken, 5)
        self.assert_free(target)

    def test_groups_of_a_table_are_those_of_the_options(self) -> None:
        for options, title, row in (
                (("--group-by", "filename"), "per file", r"\S*target\.py: "),
                (("--group-by", "filename", "--cumulative"), "per file", r"\S*target\.py: "),
                (("--group-by", "traceback"), "per traceback", rf"\S*{HELD}: .*\n +File .*target\.py")):
            with self.subTest(options), contextlib.closing(self.target()) as target:
                view = self.run_on("--pid", target.pid, "--once", "--duration", "3", *options)
                wait_for_probes(target.pid)
                target.hold(300, 700)
                self.assertEqual(view.wait(), DONE)
                self.assertIn(f"allocations {title}", view.out)
                self.assertRegex(view.out, rf"(?m)^#1: {row}")

    def test_limit_says_how_many_rows(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid, "--once", "--duration", "3", "--limit", "1")
        wait_for_probes(target.pid)
        target.hold(300, 700)
        self.assertEqual(view.wait(), DONE)
        rows = re.findall(r"(?m)^#\d+: ", view.out)
        self.assertEqual(len(rows), 1, view.out)
        self.assertRegex(view.out, r"(?m)^\d+ more: ")

    def test_a_full_map_is_said_above_the_table(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid, "--once", "--duration", "5", "--max-traces", "1000")
        wait_for_probes(target.pid)
        target.hold(20000, 600)
        self.assertEqual(view.wait(), DONE)
        self.assertRegex(view.out, r"(?m)^note: lost \d{5}: .*--max-traces")
        self.assertRegex(view.out, r"(?m)^warning: .* lost, the numbers are incomplete")

    def test_an_allocator_replaced_while_traced_is_said_above_the_table(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid, "--interval", "0.2")
        view.wait_for_table()
        self.assertEqual(target.ask("tracemalloc"), "started")
        wait_until(lambda: re.search(r"(?m)^note: no longer complete: what tracemalloc", view.out),
                   "the note", 10)
        view.send(signal.SIGINT)
        self.assertEqual(view.wait(), INTERRUPTED)

    def test_a_target_that_is_killed_ends_it_with_the_last_table(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid, "--interval", "0.2")
        view.wait_for_table(2)
        target.hold(300, 700)
        target.end()
        self.assertEqual(view.wait(), NO_TARGET)
        last = view.out.rsplit("\n\npid ", 1)[-1]
        self.assertRegex(last, table_row(HELD, *expected(300, 700), rank="1"))
        self.assertIn("ended for", last)


class Terminal:
    """A pseudo terminal, and what was shown on it."""

    def __init__(self, rows: int, columns: int) -> None:
        self.master, self.slave = pty.openpty()
        self.shown = ""
        self.resize(rows, columns)
        self.modes = termios.tcgetattr(self.slave)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self) -> str:
        while select.select([self.master], [], [], 0)[0]:
            self.shown += os.read(self.master, 65536).decode(errors="replace")
        return self.shown

    def wait_for(self, text: str, start: int = 0) -> None:
        wait_until(lambda: text in self.read()[start:], f"{text!r} on the terminal", 20)

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


class TerminalViewTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.terminal = self.enterContext(contextlib.closing(Terminal(24, 100)))

    def view(self, target: Target, *options, kind: str = "xterm"):
        return self.run_on("--pid", target.pid, *options, terminal=self.terminal.slave,
                           environment={**os.environ, "TERM": kind, "LC_ALL": "C.UTF-8"})

    def wait(self, view) -> int:
        """Reads on, since what nobody reads would block it."""
        wait_until(lambda: (self.terminal.read(), view.process.poll() is not None)[1], "tmbpf ends", 20)
        self.terminal.read()
        return view.wait()

    def assert_restored(self) -> None:
        self.assertEqual(termios.tcgetattr(self.terminal.slave), self.terminal.modes)
        self.assertIn(LEAVE_SCREEN, self.terminal.shown)

    def test_the_full_screen_appears_and_q_ends_it(self) -> None:
        for key in "qQ":
            with self.subTest(key):
                target = self.target()
                begin = len(self.terminal.read())
                view = self.view(target)
                self.terminal.wait_for("Location", begin)
                self.assertIn(ENTER_SCREEN, self.terminal.shown[begin:])
                self.assertNotEqual(termios.tcgetattr(self.terminal.slave), self.terminal.modes)
                target.hold(300, 700)
                self.terminal.wait_for("target.py", begin)
                self.terminal.press(key)
                self.assertEqual(self.wait(view), DONE)
                self.assertEqual(view.err, "")
                self.assert_restored()
                self.assert_free(target)

    def test_the_last_table_stays_after_the_full_screen(self) -> None:
        target = self.target()
        view = self.view(target)
        self.terminal.wait_for("Location")
        target.hold(300, 700)
        self.terminal.press("q")
        self.assertEqual(self.wait(view), DONE)
        after = self.terminal.shown.rsplit(LEAVE_SCREEN, 1)[1]
        self.assertRegex(after.replace("\r", ""), table_row(HELD, *expected(300, 700), rank="1"))

    def test_other_keys_do_not_end_it(self) -> None:
        target = self.target()
        view = self.view(target, "--interval", "0.2")
        self.terminal.wait_for("Location")
        self.terminal.press("xyz \x1b[A \x1b[99~")
        time.sleep(0.6)
        self.terminal.read()
        self.assertIsNone(view.process.poll())
        self.terminal.press("q")
        self.assertEqual(self.wait(view), DONE)

    def test_ctrl_c_ends_it_and_restores_the_terminal(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                target = self.target()
                begin = len(self.terminal.read())
                view = self.view(target)
                self.terminal.wait_for("Location", begin)
                view.send(number)
                self.assertEqual(self.wait(view), INTERRUPTED)
                self.assert_restored()
                self.assert_free(target)

    def test_a_killed_target_restores_the_terminal(self) -> None:
        target = self.target()
        view = self.view(target)
        self.terminal.wait_for("Location")
        target.hold(300, 700)
        target.end()
        self.terminal.wait_for("ended for")
        self.terminal.press("q")
        self.assertEqual(self.wait(view), NO_TARGET)
        self.assert_restored()
        after = self.terminal.shown.rsplit(LEAVE_SCREEN, 1)[1]
        self.assertRegex(after.replace("\r", ""), table_row(HELD, *expected(300, 700), rank="1"))
        self.assertIn("ended", view.err)

    def test_a_new_size_is_followed(self) -> None:
        target = self.target()
        view = self.view(target, "--interval", "0.2")
        self.terminal.wait_for("Location")
        for rows, columns in ((50, 200), (5, 40), (1, 1), (24, 100)):
            begin = len(self.terminal.read())
            self.terminal.resize(rows, columns)
            wait_until(lambda: len(self.terminal.read()) > begin, "it draws again", 10)
            self.assertIsNone(view.process.poll())
        self.terminal.press("q")
        self.assertEqual(self.wait(view), DONE)

    def test_an_unknown_kind_of_terminal_is_said(self) -> None:
        target = self.target()
        view = self.view(target, kind="no-such-terminal")
        self.assertEqual(self.wait(view), FAILED)
        self.assertIn("unknown terminal type: no-such-terminal", view.err)
        self.assertIn("TERM", view.err)
        self.assert_free(target)

    def test_once_is_plain_on_a_terminal_too(self) -> None:
        target = self.target()
        view = self.view(target, "--once")
        self.assertEqual(self.wait(view), DONE)
        self.assertIn(TABLE, self.terminal.shown)
        self.assertNotIn("\x1b", self.terminal.shown)


if __name__ == "__main__":
    main()
