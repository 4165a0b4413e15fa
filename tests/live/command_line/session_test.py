# SPDX-License-Identifier: Apache-2.0
"""start, status, snapshot and stop; two tmbpf on one target; the limit of traces."""
import contextlib
import os
import signal

from code_differences import code_differences
from plain_table import TABLE
from support import (DONE, FAILED, NO_TARGET, RUN_DIRECTORY, CommandLineTest, expected, held, is_held, main, run_tmbpf,
                     supported_pythons, wait_until)

GROWN = 512 << 10  # bytes: what batches of maps add; 10,000 templates were some megabytes
INTEGERS = ("pid", "frames", "traced_current", "traced_peak", "traces", "max_traces", "tracer_memory",
            "kernel_memory", "process_rss", "sites", "lost", "requests", "frees")


class SessionTest(CommandLineTest):
    def test_a_session_is_started_asked_and_stopped(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                started = run_tmbpf("start", "--pid", target.pid)
                self.addCleanup(run_tmbpf, "stop", "--pid", target.pid)
                self.assertEqual((started.status, started.err), (DONE, ""))
                self.assertIn(f"tmbpf stop --pid {target.pid}", started.out)
                self.assertGreater(code_differences(target.pid), 0)
                target.hold(100, 500)
                self.assertEqual(held(self.snapshot(target.pid)), expected(100, 500))
                stopped = run_tmbpf("stop", "--pid", target.pid)
                self.assertEqual((stopped.status, stopped.err), (DONE, ""))
                self.assertIn("no longer traced", stopped.out)
                self.assert_free(target)

    def test_status_as_json_has_the_documented_fields(self) -> None:
        target = self.target()
        self.start_session(target.pid, "--frames", "7", "--max-traces", "50000")
        target.hold(1000, 2000)
        status = self.status(target.pid)
        for field in INTEGERS:
            self.assertIs(type(status[field]), int, field)
        self.assertIs(status["tracing"], True)
        self.assertEqual((status["pid"], status["mode"], status["frames"], status["max_traces"]),
                         (target.pid, "exact", 7, 50000))
        self.assertEqual((status["state"], status["replaced_allocator"]), ("running", ""))
        self.assertGreaterEqual(status["traced_current"], expected(1000, 2000)[0])
        self.assertGreaterEqual(status["traced_peak"], status["traced_current"])
        self.assertGreaterEqual(status["traces"], 1000)
        self.assertGreater(status["tracer_memory"], status["kernel_memory"])
        self.assertEqual((status["coverage"], status["missing_blocks"]), (1.0, 0))
        self.assertEqual((status["lost"], status["losses"]), (0, {}))

    def test_status_for_people_says_the_same(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(1000, 2000)
        status = self.status(target.pid)
        text = run_tmbpf("status", "--fresh", "--pid", target.pid).out
        self.assertIn(f"process {target.pid} ({status['command']}, CPython {status['python']}): running", text)
        self.assertIn(f"in {status['traces']} blocks", text)
        self.assertIn("mode exact, 10 frames", text)
        self.assertIn("coverage 100.000 %", text)
        self.assertIn("lost events 0", text)

    def test_memory_that_is_freed_leaves_the_current_and_stays_in_the_peak(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(1000, 2000)
        before = self.status(target.pid)
        self.assertEqual(target.ask("drop"), "dropped")
        after = self.status(target.pid)
        self.assertLessEqual(after["traced_current"], before["traced_current"] - expected(1000, 2000)[0])
        self.assertGreaterEqual(after["traced_peak"], before["traced_current"])
        self.assertEqual(held(self.snapshot(target.pid)), (0, 0))

    def test_a_view_beside_a_session_names_it(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        result = run_tmbpf("--once", "--pid", target.pid)
        self.assert_refused(result, FAILED, f"process {target.pid} is already traced",
                            f"(pid {self.session_pid(target.pid)})", f"tmbpf stop --pid {target.pid}")
        self.assertTrue(self.status(target.pid)["tracing"])
        self.assertGreater(code_differences(target.pid), 0)

    def test_of_many_at_once_one_gets_the_target(self) -> None:
        target = self.target()
        for _ in range(3):
            views = [self.run_on("start", "--pid", target.pid) for _ in range(5)]
            for view in views:  # the others are told of it, or that it is only just starting
                view.wait()
            said = [view.out + view.err for view in views]
            self.assertEqual(sum("in the background" in text for text in said), 1, said)
            self.assertEqual(sum(f"process {target.pid} is already traced" in text for text in said), 4, said)
            self.assertTrue(self.status(target.pid)["tracing"])
            self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)
            self.assert_free(target)

    def test_a_stopped_session_makes_room_for_the_next_at_once(self) -> None:
        target = self.target()
        for i in range(6):
            self.start_session(target.pid)
            target.hold(10, 1000 + i)
            self.assertEqual(held(self.snapshot(target.pid)), expected(10, 1000 + i))
            self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)

    def test_a_live_view_keeps_a_session_away(self) -> None:
        target = self.target()
        view = self.run_on("--pid", target.pid, "--interval", "0.2")
        view.wait_for_table()
        result = run_tmbpf("start", "--pid", target.pid)
        self.assert_refused(result, FAILED, f"(pid {view.pid})")
        view.wait_for_table(view.out.count(TABLE) + 1)

    def test_two_targets_have_a_session_each(self) -> None:
        targets = [self.target(), self.target()]
        for target in targets:
            self.start_session(target.pid)
        targets[0].hold(10, 700)
        targets[1].hold(20, 900)
        self.assertEqual(held(self.snapshot(targets[0].pid)), expected(10, 700))
        self.assertEqual(held(self.snapshot(targets[1].pid)), expected(20, 900))

    def test_without_a_session_the_commands_say_how_to_start_one(self) -> None:
        target = self.target()
        output = os.path.join(self.directory, "a.pickle")
        for words in (("status",), ("stop",), ("snapshot", "--output", output)):
            result = run_tmbpf(*words, "--pid", target.pid)
            self.assert_refused(result, NO_TARGET, "has no tmbpf session", f"tmbpf start --pid {target.pid}")
        self.assertFalse(os.path.exists(output))

    def test_what_a_killed_session_leaves_behind_is_replaced(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        first = self.session_pid(target.pid)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not is_held(target.pid), "the session ends")
        self.assertTrue(os.path.exists(f"{RUN_DIRECTORY}/{target.pid}.sock"))
        self.assertTrue(os.path.exists(f"{RUN_DIRECTORY}/{target.pid}.lock"))
        self.assert_refused(run_tmbpf("status", "--pid", target.pid), NO_TARGET, "has no tmbpf session")
        self.start_session(target.pid)
        self.assertNotEqual(self.session_pid(target.pid), first)
        target.hold(10, 700)
        self.assertEqual(held(self.snapshot(target.pid)), expected(10, 700))

    def test_a_session_ends_cleanly_on_sigterm(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        session = self.session_pid(target.pid)
        os.kill(session, signal.SIGTERM)
        wait_until(lambda: not is_held(target.pid), "the session ends")
        self.assert_free(target)

    def test_the_run_directory_is_closed_to_others(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        for path in (RUN_DIRECTORY, *(f"{RUN_DIRECTORY}/{target.pid}.{kind}" for kind in ("lock", "sock"))):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

    def test_a_full_map_says_how_many_are_missing_and_keeps_what_it_has(self) -> None:
        target = self.target()
        self.start_session(target.pid, "--max-traces", "1000")
        target.hold(20000, 600)
        status = self.status(target.pid)
        size, count = expected(1, 600)
        self.assertGreater(status["traces"], 900)  # it was full; a few are freed again
        self.assertLessEqual(status["traces"], 1000)
        self.assertGreaterEqual(status["losses"]["traces_full"]["count"], 19000)
        self.assertIn("--max-traces", status["losses"]["traces_full"]["what"])
        path = os.path.join(self.directory, "a.pickle")
        for result in (run_tmbpf("status", "--pid", target.pid),
                       run_tmbpf("snapshot", "--pid", target.pid, "--output", path)):
            self.assertEqual(result.status, DONE, result.err)
            self.assertIn("--max-traces", result.out + result.err)
            self.assertIn(str(status["losses"]["traces_full"]["count"]), result.out + result.err)
        snapshot = self.snapshot(target.pid)
        self.assertLessEqual(len(snapshot.traces), 1000)
        total, count = held(snapshot)
        self.assertGreater(count, 900)
        self.assertEqual(total, count * size)
        self.assertGreaterEqual(snapshot.tmbpf["lost"], status["lost"])

    def test_an_allocator_replaced_while_traced_is_said(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                self.start_session(target.pid)
                target.hold(100, 700)
                self.assertEqual(target.ask("tracemalloc"), "started")
                status = wait_until(lambda: self.status(target.pid)["replaced_allocator"], "it is noticed", 5)
                self.assertIn("tracemalloc", status)
                text = run_tmbpf("status", "--fresh", "--pid", target.pid).out
                self.assertIn("what tracemalloc's hooks", text)
                self.assertIn("no longer complete", text)
                self.assertEqual(held(self.snapshot(target.pid)), expected(100, 700))


class CompiledAgainTest(CommandLineTest):
    def test_code_that_is_compiled_again_is_known(self) -> None:
        """A service that compiles a template for each visitor does not make the tracer grow."""
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.start_session(target.pid)
                target.ask("compile 1000")
                before = self.status(target.pid)["kernel_memory"]
                target.ask("compile 10000")
                status = self.status(target.pid)
                self.assertLess(status["kernel_memory"] - before, GROWN)
                self.assertEqual(status["lost"], 0)


if __name__ == "__main__":
    main()
