# SPDX-License-Identifier: Apache-2.0
"""`tmbpf -- PROGRAM`: traced from its first instruction, otherwise as if it ran alone."""
import os
import re
import signal
import time

from plain_table import TABLE, table_row
from support import (FAILED, INTERRUPTED, NO_TARGET, TARGET, CommandLineTest, Result, expected, main, marked_line,
                     run_tmbpf, supported_pythons, wait_until)


class ProgramTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.python = supported_pythons()[0]

    def run_code(self, code: str, *options, **more) -> Result:
        return run_tmbpf(*options, "--", self.python, "-S", "-c", code, **more)

    def test_the_exit_status_is_the_programs(self) -> None:
        for status in (0, 1, 3, 42, 255):
            with self.subTest(status):
                self.assertEqual(self.run_code(f"raise SystemExit({status})").status, status)

    def test_an_end_without_finalizing_is_seen_too(self) -> None:
        result = self.run_code("import os; kept = [bytes(700) for i in range(300)]; os._exit(7)")
        self.assertEqual(result.status, 7)
        self.assertRegex(result.err, r"(?m)^#\d+: <string>:1: .* count=30\d\b")

    def test_death_by_a_signal_is_128_and_its_number(self) -> None:
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
            with self.subTest(number.name):
                result = self.run_code(f"import os; os.kill(os.getpid(), {int(number)})")
                self.assertEqual(result.status, 128 + number)

    def test_standard_streams_pass_through(self) -> None:
        code = "import sys; print(sys.stdin.read().upper(), end=''); print('to stderr', file=sys.stderr)"
        result = self.run_code(code, input="some text\nand more\n")
        self.assertEqual((result.status, result.out), (0, "SOME TEXT\nAND MORE\n"))
        self.assertIn("to stderr\n", result.err)
        self.assertIn(TABLE, result.err)

    def test_arguments_environment_and_directory_pass_through(self) -> None:
        code = "import os, sys; print(sys.argv[1:], os.environ['TMBPF_TRY'], os.getcwd())"
        result = run_tmbpf("--frames", 3, "--", self.python, "-c", code, "--pid", "-x", "--", "a b",
                           cwd=self.directory, env={**os.environ, "TMBPF_TRY": "here"})
        self.assertEqual(result.out, f"['--pid', '-x', '--', 'a b'] here {os.path.realpath(self.directory)}\n")

    def test_the_final_table_has_what_the_program_held_at_its_end(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                result = run_tmbpf("--", python, "-S", TARGET, input="hold 300 700\n")
                self.assertEqual((result.status, result.out), (0, "ready\nheld\n"))
                size, count = expected(300, 700)
                self.assertRegex(result.err, table_row(rf"target\.py:{marked_line('held')}", size, count))
                self.assertRegex(result.err, r"lost events 0 \| coverage 100\.00 %")
                self.assertNotIn("before the attach", result.err)

    def test_a_launcher_that_executes_a_python_is_followed(self) -> None:
        script = os.path.join(self.directory, "run.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nTRY=1\nexec "{self.python}" "$@"\n')
        os.chmod(script, 0o755)
        for launcher in ([script], ["env", "TRY=1", self.python], ["nice", "env", script]):
            with self.subTest(launcher[0]):
                result = run_tmbpf("--", *launcher, "-S", "-c", "kept = [bytes(700) for i in range(300)]; print(2 + 2)")
                self.assertEqual((result.status, result.out), (0, "4\n"))
                self.assertRegex(result.err, r"(?m)^#\d+: <string>:1: .* count=30\d\b")

    def test_a_name_is_looked_up_in_path(self) -> None:
        directory, name = os.path.split(self.python)
        result = run_tmbpf("--", name, "-S", "-c", "print(2 + 2)",
                           env={**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"})
        self.assertEqual((result.status, result.out), (0, "4\n"))

    def test_a_program_that_is_not_there_is_named(self) -> None:
        for name in ("/nonexistent/program", "no-such-program-anywhere", ""):
            with self.subTest(name):
                self.assert_refused(run_tmbpf("--", name), FAILED, f"cannot start {name}", "No such file", "PATH")

    def test_a_program_that_may_not_be_executed_is_named(self) -> None:
        path = os.path.join(self.directory, "program")
        with open(path, "w", encoding="utf-8") as file:
            file.write("no program\n")
        self.assert_refused(run_tmbpf("--", path), FAILED, f"cannot start {path}", "Permission denied")

    def test_a_program_that_is_no_python_is_refused(self) -> None:
        self.assert_refused(run_tmbpf("--", "true"), NO_TARGET, "true ended without becoming a CPython", "python3")

    def test_an_allocator_that_the_program_replaces_is_said(self) -> None:
        result = self.run_code("pass", env={**os.environ, "PYTHONMALLOC": "malloc"})
        self.assertEqual(result.status, 0)
        self.assertRegex(result.err, r"note: no longer complete: what malloc \(PYTHONMALLOC=malloc\)")

    def test_many_short_programs_one_after_the_other(self) -> None:
        for i in range(12):
            result = run_tmbpf("--", supported_pythons()[i % len(supported_pythons())], "-S", "-c", f"print({i})")
            self.assertEqual((result.status, result.out), (0, f"{i}\n"), result.err)
            self.assertIn(TABLE, result.err)

    def test_a_stop_that_somebody_else_asked_for_is_not_its_end(self) -> None:
        result = self.run_code(
            "import os, signal, time; begin = time.monotonic(); "
            "os.system(f'(sleep 0.6; kill -CONT {os.getpid()}) &'); os.kill(os.getpid(), signal.SIGSTOP); "
            "kept = [bytes(700) for i in range(300)]; print(time.monotonic() - begin > 0.5)")
        self.assertEqual((result.status, result.out), (0, "True\n"), result.err)
        self.assertRegex(result.err, r"(?m)^#\d+: <string>:1: .* count=3[01]\d\b")

    def test_tables_come_at_the_interval_while_it_runs(self) -> None:
        result = self.run_code("import time; time.sleep(1.5)", "--interval", "0.3")
        self.assertEqual(result.status, 0)
        self.assertGreaterEqual(result.err.count(TABLE), 4)

    def test_an_interrupt_reaches_the_program(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                ready = os.path.join(self.directory, f"ready-{int(number)}")
                view = self.run_on("--", self.python, "-S", "-c",
                                   f"import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); "
                                   f"open({ready!r}, 'w').close(); time.sleep(60)")
                wait_until(lambda path=ready: os.path.exists(path), "the program runs")
                time.sleep(0.1)
                begin = time.monotonic()
                view.send(number)
                self.assertEqual(view.wait(), 128 + number)
                self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(INTERRUPTED, 128 + signal.SIGINT)

    def test_a_program_that_handles_the_interrupt_ends_as_it_likes(self) -> None:
        ready = os.path.join(self.directory, "ready")
        code = ("import time\ntry:\n    open(%r, 'w').close(); time.sleep(60)\n"
                "except KeyboardInterrupt:\n    print('tidied', flush=True); raise SystemExit(9)\n" % ready)
        view = self.run_on("--", self.python, "-S", "-c", code)
        wait_until(lambda: os.path.exists(ready), "the program runs")
        time.sleep(0.1)
        view.send(signal.SIGINT)
        self.assertEqual(view.wait(), 9)
        self.assertEqual(view.out, "tidied\n")
        self.assertIn(TABLE, view.err)


if __name__ == "__main__":
    main()
