# SPDX-License-Identifier: Apache-2.0
"""--mode sampled: totals from the heap, shares from windows; errors that hold; a cost that is kept."""
import json
import os
import signal

from code_differences import code_differences
from course import anonymous_bytes, own_bytes
from support import (DONE, FAILED, CommandLineTest, main, marked_line, run_tmbpf, supported_pythons, wait_until)

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sampled_target.py")
SECONDS = 8  # of work
WINDOWS = 5  # that must have been there
TIMES = 3  # the stated error, which holds in 95 of 100 runs, holds so often in all but one of millions
KILLS = 20
KEEPER = 6 << 20  # bytes; 13 MiB when it was one
FEW = 1000  # blocks of the churn that live at any moment, and what Python itself keeps


class SampledModeTest(CommandLineTest):
    def sampled_target(self, python=None):
        return self.target(python, program=(TARGET,))

    def start_sampled(self, pid, *options) -> None:
        self.start_session(pid, "--mode", "sampled", "--frames", "1", *options)

    def statistics(self, pid) -> "tuple[dict, dict]":
        """Of every line of the target's file; and the whole answer."""
        path = os.path.join(self.directory, "sampled.json")
        self.assertEqual(run_tmbpf("snapshot", "--pid", pid, "--output", path).status, DONE)
        result = run_tmbpf("stats", "--json", "--limit", 1000, path)
        self.assertEqual(result.status, DONE)
        answer = json.loads(result.out)
        lines = {}
        for statistic in answer["statistics"]:
            file, line = statistic["traceback"][0]
            if file == TARGET:
                lines[line] = statistic
        return lines, answer

    def work(self, target, seconds=SECONDS) -> "tuple[int, int]":
        target.send(f"work {seconds}")
        once, twice = target.read().split()
        return int(once), int(twice)

    def test_what_is_kept_is_found_among_what_is_dropped(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.sampled_target(python)
                self.start_sampled(target.pid, "--max-slowdown", "5")  # more windows
                once, twice = self.work(target)
                lines, _ = self.statistics(target.pid)
                sampling = self.status(target.pid)["sampling"]
                self.assertGreater(sampling["windows"], WINDOWS)
                self.assertEqual(sampling["failure"], "")
                found = {}
                for marker, truth in (("kept once", once), ("kept twice", twice)):
                    statistic = lines[marked_line(marker, TARGET)]
                    found[marker] = statistic["count"]
                    self.assertGreater(statistic["count_error"], 0)
                    self.assertLess(abs(statistic["count"] - truth), TIMES * statistic["count_error"] + FEW)
                self.assertLess(lines.get(marked_line("churned", TARGET), {"count": 0})["count"], (once + twice) / 10)
                # Their sum is no estimate.
                self.assertLess(abs(found["kept once"] + found["kept twice"] - once - twice), (once + twice) / 10 + FEW)

    def test_what_leaks_by_the_clock_beside_what_is_dropped_is_not_overestimated(self) -> None:
        """A window slows the target down but not its clock; malloc's heap says how much there is."""
        target = self.sampled_target()
        self.start_sampled(target.pid)
        leaked = int(target.ask(f"leak {3 * SECONDS}"))
        lines, _ = self.statistics(target.pid)
        sampling = self.status(target.pid)["sampling"]
        self.assertFalse(sampling["raw_always"], "this is about windows")
        self.assertEqual(sampling["raw_totals"], "malloc")
        self.assertEqual(sampling["malloc_unsettled"], 0)
        kept = lines[marked_line("kept by the clock", TARGET)]
        self.assertLess(abs(kept["count"] - leaked), max(TIMES * kept["count_error"], leaked / 5))
        # What was dropped last may seem to live.
        self.assertLess(kept["count"], leaked * 1.2 + FEW)

    def test_what_is_kept_in_bursts_that_no_window_meets_is_found(self) -> None:
        """Half a millisecond of each half second; pymalloc takes pools for it."""
        target = self.sampled_target()
        self.start_sampled(target.pid, "--max-slowdown", "10")  # churn takes pools, too, thousands a second
        kept = int(target.ask(f"burst {2 * SECONDS}"))
        lines, _ = self.statistics(target.pid)
        self.assertGreater(self.status(target.pid)["sampling"]["pools"], 0)
        count = lines[marked_line("kept at once", TARGET)]["count"]
        self.assertLess(abs(count - kept), kept / 4)

    def test_the_cost_is_that_of_the_windows(self) -> None:
        target = self.sampled_target()
        self.start_sampled(target.pid, "--max-slowdown", "1")
        self.work(target)
        status = self.status(target.pid)
        self.assertLess(status["sampling"]["slowdown"], 0.03)
        self.assertGreater(status["sampling"]["cost_seconds"], 0)
        text = run_tmbpf("status", "--pid", target.pid).out
        self.assertRegex(text, r"sampled: \d+ windows, \d+ events in \d+\.\d+ s of its time")
        self.assertRegex(text, r"estimated slowdown \d+\.\d\d %")

    def test_it_takes_half_of_auto_modes_memory_and_counts_its_keepers(self) -> None:
        memory = {}
        for mode in ("auto", "sampled"):
            target = self.sampled_target()
            self.start_session(target.pid, "--mode", mode)
            memory[mode] = self.status(target.pid)
            session = self.session_pid(target.pid)
            keepers = self.keepers(session)
            self.assertEqual(len(keepers), 4, "one for each program")
            # As copies of one process they share what they have.
            own = memory[mode]["tracer_memory"] - memory[mode]["kernel_memory"]
            self.assertGreaterEqual(own, own_bytes(session) / 2 + max(map(anonymous_bytes, keepers)))
            self.assertLess(max(map(anonymous_bytes, keepers)), KEEPER, "they are no copies of an analysis")
            self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)
        self.assertLess(memory["sampled"]["kernel_memory"], memory["auto"]["kernel_memory"] / 2)

    def test_probes_come_and_go_on_the_cpu_of_the_thread_that_meets_them(self) -> None:
        """Beside it, each would wait for the other."""
        target = self.sampled_target()
        self.start_sampled(target.pid)
        self.work(target, 3)
        self.assertGreater(self.status(target.pid)["sampling"]["windows"], WINDOWS)
        keepers = self.keepers(self.session_pid(target.pid))
        self.assertEqual({os.sched_getscheduler(pid) for pid in keepers}, {os.SCHED_FIFO})
        self.assertIn(1, [len(os.sched_getaffinity(pid)) for pid in keepers])

    def keepers(self, session: int) -> list:
        with open(f"/proc/{session}/task/{session}/children", encoding="ascii") as file:
            return list(map(int, file.read().split()))

    def test_a_busy_time_after_an_idle_one_is_no_surprise(self) -> None:
        """What was quiet when it was looked at first, and stayed probed, does not cost when it is busy."""
        target = self.sampled_target()
        self.start_sampled(target.pid, "--max-slowdown", "5")
        wait_until(lambda: self.status(target.pid)["sampling"]["windows"] > WINDOWS, "windows of an idle target")
        once, twice = self.work(target)
        lines, _ = self.statistics(target.pid)
        self.assertIn(marked_line("kept twice", TARGET), lines)
        self.assertLess(self.status(target.pid)["sampling"]["slowdown"], 0.1)
        self.assertGreater(once + twice, 0)

    def test_what_is_dropped_or_cleared_is_gone(self) -> None:
        target = self.sampled_target()
        self.start_sampled(target.pid)
        once, twice = self.work(target)
        self.assertGreater(self.status(target.pid)["traces"], (once + twice) / 2)
        self.assertEqual(target.ask("drop"), "0 0")
        self.assertLess(self.status(target.pid)["traces"], FEW)
        self.work(target, 3)
        self.assertEqual(run_tmbpf("clear", "--pid", target.pid).status, DONE)
        self.assertLess(self.status(target.pid)["traces"], FEW)

    def test_what_was_known_stays_when_the_target_ends(self) -> None:
        target = self.sampled_target()
        self.start_sampled(target.pid, "--max-slowdown", "5")
        once, twice = self.work(target)
        self.assertIn(marked_line("kept twice", TARGET), self.statistics(target.pid)[0])
        target.end(signal.SIGKILL)
        wait_until(lambda: self.status(target.pid)["state"] == "ended", "the session to notice")
        lines, answer = self.statistics(target.pid)
        self.assertEqual(answer["metadata"]["mode"], "sampled")
        sum_of = sum(lines[marked_line(marker, TARGET)]["count"] for marker in ("kept once", "kept twice"))
        self.assertLess(abs(sum_of - once - twice), (once + twice) / 10 + FEW)

    def test_a_kill_amid_windows_leaves_no_breakpoint(self) -> None:
        """A process that is killed while it takes probes out leaves some; another one holds these."""
        target = self.sampled_target()
        target.send(f"work {3 * KILLS}")
        for number in range(KILLS):
            self.start_sampled(target.pid, "--max-slowdown", "50")
            quiet = code_differences(target.pid)
            # While a window opens or closes.
            wait_until(lambda: code_differences(target.pid) != quiet, "a window")
            os.kill(self.session_pid(target.pid), signal.SIGKILL)
            self.assert_becomes_free(target)

    def test_views_say_that_they_are_estimates(self) -> None:
        target = self.sampled_target()
        target.send(f"work {SECONDS}")
        result = run_tmbpf("--pid", target.pid, "--mode", "sampled", "--frames", "1", "--duration", SECONDS - 4)
        self.assertEqual(result.status, DONE)
        self.assertIn("mode sampled", result.out)
        self.assertIn("estimates, +- at 95 % confidence", result.out)
        self.assertRegex(result.out, r"sampled_target\.py:\d+: size=[^,]* \+-")

    def test_an_object_that_was_not_sampled_is_not_found(self) -> None:
        target = self.target()
        self.start_sampled(target.pid)
        address = target.ask("make bytes")
        result = run_tmbpf("object", "--pid", target.pid, address)
        self.assertIn(result.status, (DONE, FAILED))
        if result.status == FAILED:
            self.assertIn("sampled", result.err)


if __name__ == "__main__":
    main()
