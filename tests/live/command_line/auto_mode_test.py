# SPDX-License-Identifier: Apache-2.0
"""--mode auto: as exact as the budget allows, a step down before it is overrun, and the reason in every output."""
import json
import os
import re

from support import (DONE, USAGE, CommandLineTest, main, marked_line, run_tmbpf, supported_pythons, wait_until)

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "auto_target.py")
HELD = 3000
STOCK = 300000  # blocks
BUDGET = 0.1  # the default
FEW = 1000  # blocks of the churn that live at any moment, and what Python itself keeps
TIMES = 3  # the stated error


class AutoModeTest(CommandLineTest):
    def auto_target(self, python=None):
        return self.target(python, program=(TARGET,))

    def start_auto(self, pid, *options) -> None:
        self.start_session(pid, "--mode", "auto", *options)

    def lines(self, pid) -> "tuple[dict, dict]":
        """Statistics of the target's file by line; and the file's metadata."""
        path = os.path.join(self.directory, "auto.json")
        self.assertEqual(run_tmbpf("snapshot", "--pid", pid, "--output", path).status, DONE)
        answer = json.loads(run_tmbpf("stats", "--json", "--limit", 1000, path).out)
        frames = [(statistic["traceback"][0], statistic) for statistic in answer["statistics"]]
        return {line: statistic for (file, line), statistic in frames if file == TARGET}, answer["metadata"]

    def assert_exact(self, pid, count: int) -> None:
        """The held blocks are recorded, every one and no more; so is the list that keeps them."""
        lines, metadata = self.lines(pid)
        self.assertEqual(lines[marked_line("held", TARGET)]["count"], count + 1)
        self.assertEqual(metadata["method"], "exact")

    def methods(self, pid) -> list:
        return [(step["from"], step["to"]) for step in self.status(pid)["steps"]]

    def test_it_is_the_default_and_begins_exact_where_nothing_happens(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.auto_target(python)
                # Without the test's own --mode exact.
                self.start_session(target.pid, "--max-slowdown", "10")
                status = self.status(target.pid)
                self.assertEqual((status["mode"], status["method"]), ("auto", "exact"))
                self.assertEqual(status["max_slowdown"], BUDGET)
                self.assertIn("idle", status["steps"][0]["reason"])
                target.ask(f"hold {HELD}")
                self.assert_exact(target.pid, HELD)
                self.assertEqual(self.status(target.pid)["coverage"], 1)

    def test_from_idle_to_busy_and_back(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.auto_target(python)
                self.start_auto(target.pid)
                target.ask(f"hold {HELD}")
                self.assert_exact(target.pid, HELD)
                target.send("burn 3")
                status = wait_until(lambda: self.stepped(target.pid), "a step down")
                self.assertEqual([(step["from"], step["to"]) for step in status["steps"]],
                                 [("auto", "exact"), ("exact", "sampled")])
                self.assertRegex(status["steps"][1]["reason"], r"mode exact cost .*, the budget is 10 %")
                target.read()
                # Idle again: it stays, since to find out would cost the target again.
                self.assertEqual(len(self.status(target.pid)["steps"]), 2)
                # What was recorded before the step is known to the block; its list may have been moved since.
                lines, metadata = self.lines(target.pid)
                held = lines[marked_line("held", TARGET)]
                self.assertIn(held["count"], (HELD, HELD + 1))
                self.assertLess(held.get("count_error", 0), 2)
                self.assertEqual((metadata["mode"], metadata["method"]), ("auto", "sampled"))
                self.assertEqual(metadata["step.2.reason"], status["steps"][1]["reason"])

    def stepped(self, pid):
        status = self.status(pid)
        return status if len(status["steps"]) > 1 else None

    def test_what_is_kept_after_the_step_is_estimated(self) -> None:
        target = self.auto_target()
        self.start_auto(target.pid)
        target.ask(f"hold {HELD}")
        kept = int(target.ask("keep 6"))
        lines, _ = self.lines(target.pid)
        self.assertEqual(self.status(target.pid)["method"], "sampled")
        statistic = lines[marked_line("kept", TARGET)]
        self.assertLess(abs(statistic["count"] - kept), TIMES * statistic.get("count_error", 0) + FEW)

    def test_where_frees_cost_the_most_it_goes_on_without_them(self) -> None:
        """Mode live then costs next to nothing, and is as exact."""
        for python in supported_pythons():
            with self.subTest(python):
                target = self.auto_target(python)
                target.ask(f"stock {STOCK}")
                self.start_auto(target.pid)
                self.assertEqual(target.ask("sell"), str(STOCK))
                wait_until(lambda: self.stepped(target.pid), "a step down")
                self.assertEqual(self.methods(target.pid), [("auto", "exact"), ("exact", "live")])
                target.ask(f"hold {HELD}")
                lines, metadata = self.lines(target.pid)
                self.assertEqual(lines[marked_line("held", TARGET)]["count"], HELD + 1)
                self.assertEqual(metadata["method"], "live")
                self.assertEqual(self.status(target.pid)["coverage"], 1)
                # And down once more.
                target.ask("burn 1")
                self.assertEqual(self.methods(target.pid)[1:], [("exact", "live"), ("live", "sampled")])
                self.assertIn(self.lines(target.pid)[0][marked_line("held", TARGET)]["count"], (HELD, HELD + 1))

    def test_what_filters_left_out_before_the_step_stays_out(self) -> None:
        target = self.auto_target()
        self.start_auto(target.pid, "--exclude", f"{TARGET}:{marked_line('held', TARGET)}")
        target.ask(f"hold {HELD}")
        target.ask("burn 1")
        status = self.status(target.pid)
        self.assertEqual(status["method"], "sampled")
        self.assertLess(status["traces"], FEW)

    def test_a_busy_target_is_not_followed_exactly_at_all(self) -> None:
        target = self.auto_target()
        target.send("burn 4")
        self.start_auto(target.pid, "--max-slowdown", "2")
        status = self.status(target.pid)
        self.assertEqual((status["method"], len(status["steps"])), ("sampled", 1))
        self.assertRegex(status["steps"][0]["reason"], r"expected to cost .* in mode exact, .* in mode live")
        target.read()
        self.assertGreater(self.status(target.pid)["sampling"]["windows"], 3)

    def test_without_a_limit_it_stays_exact(self) -> None:
        target = self.auto_target()
        self.start_auto(target.pid, "--max-slowdown", "none")
        target.ask("burn 1")
        target.ask(f"hold {HELD}")
        status = self.status(target.pid)
        self.assertEqual(status["method"], "exact")
        self.assertNotIn("steps", status)
        self.assertNotIn("max_slowdown", status)
        self.assert_exact(target.pid, HELD)

    def test_budgets_that_make_no_sense_are_refused(self) -> None:
        target = self.auto_target()
        for words in (("--mode", "exact", "--max-slowdown", "5"), ("--mode", "live", "--max-slowdown", "5"),
                      ("--mode", "sampled", "--max-slowdown", "none")):
            with self.subTest(words):
                self.assert_refused(run_tmbpf("start", "--pid", target.pid, *words), USAGE, words[1], words[3])

    def test_the_view_and_the_status_tell_mode_slowdown_and_steps(self) -> None:
        target = self.auto_target()
        view = self.run_on("--pid", target.pid, "--interval", "0.5", "--max-slowdown", "10")
        view.wait_for_table()
        self.assertIn("mode auto (exact)", view.out)
        target.ask("burn 3")
        wait_until(lambda: "mode auto (sampled)" in view.out, "the view to tell")
        note = wait_until(lambda: re.search(r"note: .* from mode exact to sampled: mode exact cost .*", view.out), "a note")
        self.assertIn("the budget is 10 %", note[0])
        self.assertRegex(view.out, r"slowdown \d+\.\d %")
        view.close()
        self.start_auto(target.pid)
        target.ask("burn 1")
        text = run_tmbpf("status", "--pid", target.pid).out
        self.assertRegex(text, r"mode auto \(now sampled\)")
        self.assertRegex(text, r"estimated slowdown \d+\.\d\d % \(at most 10 %\)")
        self.assertRegex(text, r" exact: the target was idle\n.* sampled: mode exact cost ")


if __name__ == "__main__":
    main()
