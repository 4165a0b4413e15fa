# SPDX-License-Identifier: Apache-2.0
"""--mode live: nothing is probed where pymalloc frees, and the numbers are those of exact mode."""
import json
import os
import signal
import time

from support import (DONE, USAGE, CommandLineTest, expected, held, main, run_tmbpf, supported_pythons, wait_until)

SECONDS = 4  # in which a busy target is looked at


class LiveModeTest(CommandLineTest):
    def start_live(self, pid: int, *options) -> None:
        self.start_session(pid, "--mode", "live", *options)

    def test_freed_blocks_are_gone_when_somebody_looks(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.start_live(target.pid)
                target.hold(1000, 300)
                target.hold(100, 2000)
                blocks = expected(1000, 300)[0] + expected(100, 2000)[0], 1100
                self.assertEqual(held(self.snapshot(target.pid)), blocks)
                self.assertEqual(target.ask("drop"), "dropped")
                self.assertEqual(held(self.snapshot(target.pid)), (0, 0))
                status = self.status(target.pid)
                self.assertEqual((status["mode"], status["lost"], status["coverage"], status["missing_blocks"]),
                                 ("live", 0, 1.0, 0))
                self.assertGreater(status["traced_peak"], blocks[0])
                target.hold(10, 300)
                self.assertEqual(held(self.snapshot(target.pid)), expected(10, 300))

    def test_frees_cost_nothing_where_pymalloc_frees(self) -> None:
        target = self.target()
        self.start_live(target.pid)
        before = self.status(target.pid)
        self.assertGreater(float(target.ask("speed 0.5")), 0)
        after = self.status(target.pid)
        self.assertGreater(after["requests"] - before["requests"], 10000)
        self.assertLess(after["frees"] - before["frees"], 1000)

    def test_what_is_handed_out_again_while_the_heap_is_read_stays(self) -> None:
        """One line makes and drops the same block over and over and keeps one of a hundred: an address
        that was free when the heap was read is taken again, by the same stack, before its trace goes."""
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.start_live(target.pid)
                target.send(f"leak {SECONDS}")
                looks, end = 0, time.monotonic() + SECONDS - 0.5
                while time.monotonic() < end:
                    self.assertLess(held(self.snapshot(target.pid), "leaked")[1], 10**6)
                    looks += 1
                number = int(target.read())
                self.assertGreater(looks, 5)
                self.assertGreater(number, 100)
                self.assertEqual(held(self.snapshot(target.pid), "leaked"), expected(number, 300))
                self.assertEqual(self.status(target.pid)["missing_blocks"], 0)

    def test_clear_and_reset_peak(self) -> None:
        target = self.target()
        self.start_live(target.pid)
        target.hold(1000, 300)
        self.assertEqual(run_tmbpf("clear", "--pid", target.pid).status, DONE)
        self.assertEqual(self.status(target.pid)["traced_peak"], 0)
        target.hold(1000, 300)
        self.assertGreater(self.status(target.pid)["traced_peak"], expected(1000, 300)[0])
        self.assertEqual(target.ask("drop"), "dropped")
        self.assertEqual(run_tmbpf("reset-peak", "--pid", target.pid).status, DONE)
        status = self.status(target.pid)
        self.assertEqual(status["traced_peak"], status["traced_current"])
        self.assertLess(status["traced_peak"], expected(1000, 300)[0])

    def test_an_ended_target_leaves_a_count_of_what_is_uncertain(self) -> None:
        target = self.target()
        self.start_live(target.pid)
        target.hold(50, 300)
        self.assertEqual(self.status(target.pid)["lost"], 0)
        target.hold(70, 300)
        target.end(signal.SIGKILL)
        wait_until(lambda: not self.status(target.pid)["tracing"], "the session sees the end", 20)
        losses = self.status(target.pid)["losses"]
        self.assertGreaterEqual(losses["unswept"]["count"], 70)
        self.assertIn("not known", losses["unswept"]["what"])
        self.assertEqual(held(self.snapshot(target.pid)), expected(120, 300))

    def test_a_program_of_ours_is_read_before_it_frees_everything(self) -> None:
        code = "kept = [bytes(300) for i in range(500)]\nfor i in range(2000): bytes(300)\n"
        result = run_tmbpf("--mode", "live", "--", supported_pythons()[0], "-S", "-c", code)
        self.assertEqual(result.status, DONE, result.err)
        self.assertIn("mode live", result.err)
        self.assertRegex(result.err, r"#\d+: <string>:1: size=\d+ KiB, count=50[0-2],")

    def test_its_snapshots_say_the_mode(self) -> None:
        target = self.target()
        self.start_live(target.pid)
        path = os.path.join(self.directory, "live.json")
        self.assertEqual(run_tmbpf("snapshot", "--pid", target.pid, "--output", path).status, DONE)
        with open(path, encoding="utf-8") as file:
            self.assertIn('"live"', json.dumps(json.load(file)["metadata"]))

    def test_another_mode_is_refused(self) -> None:
        target = self.target()
        self.assert_refused(run_tmbpf("start", "--pid", target.pid, "--mode", "fast"), USAGE, "exact", "live")


if __name__ == "__main__":
    main()
