# SPDX-License-Identifier: Apache-2.0
"""What the benchmark plans: the default run fits into 55 minutes and has what each goal needs."""
import importlib
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(os.path.dirname(HERE), "oracle")]

import columns  # noqa: E402
import memory_part  # noqa: E402
import workload_report  # noqa: E402
from configuration import BARE, BUDGETS, MODES, TRACEMALLOC, with_budget, with_frames  # noqa: E402
from extent import DEFAULT, QUICK, THOROUGH, Extent  # noqa: E402
from goal import AT_LEAST, Goal, sum_of  # noqa: E402
from leaks_part import GOAL_BYTES, GOAL_SECONDS  # noqa: E402
from plan import seconds_of  # noqa: E402
from run_bench import PARTS  # noqa: E402
from spread import Spread  # noqa: E402

MINUTES = 55
PROCESSORS = 2  # for which that is meant


def planned(extent: Extent, modes: tuple = MODES) -> list:
    modules = {part: importlib.import_module(part + "_part") for part in PARTS}
    return [step for part, module in modules.items()
            for step in module.plan(extent, modes, *((1,) if part == "tracing" else ()))]


def names_of(workload: str, extent: Extent = DEFAULT) -> dict:
    return {column.name: column for column in columns.columns_of(workload, extent, MODES)}


class PlanTest(unittest.TestCase):
    def test_the_default_run_fits_into_its_time(self) -> None:
        if (os.cpu_count() or 1) < PROCESSORS:
            self.skipTest("what runs side by side takes longer with one CPU")
        self.assertLess(seconds_of(planned(DEFAULT)), MINUTES * 60)
        self.assertLess(seconds_of(planned(QUICK)), 5 * 60)

    def test_each_step_has_a_name_of_its_own(self) -> None:
        for extent in (DEFAULT, QUICK, THOROUGH):
            names = [(step.part, step.what, step.how) for step in planned(extent)]
            self.assertEqual(len(names), len(set(names)), extent.name)

    def test_each_workload_has_what_the_means_are_of(self) -> None:
        for workload in DEFAULT.workloads:
            wanted = {BARE.name, *(TRACEMALLOC[frames].name for frames in (1, 25)),
                      *(with_frames("exact", frames).name for frames in (1, 10, 25)),
                      *(with_frames("live", frames).name for frames in (1, 10, 25))}
            if workload in columns.DEEP:
                wanted |= {TRACEMALLOC[100].name, with_frames("exact", 100).name, with_frames("live", 100).name}
            self.assertLessEqual(wanted, set(names_of(workload)), workload)

    def test_sampled_and_auto_are_measured_as_their_goals_say(self) -> None:
        measured = [name for name in DEFAULT.workloads if name not in DEFAULT.left_out_when_long]
        self.assertGreaterEqual(len(measured), 11)
        for workload in measured:
            found = names_of(workload)
            sampled = found[with_frames("sampled", 10).name]
            self.assertGreaterEqual(sampled.rounds, workload_report.SAMPLED_ROUNDS)
            self.assertGreaterEqual(sampled.seconds, workload_report.SAMPLED_SECONDS)
            for budget in BUDGETS:
                self.assertGreaterEqual(found[with_budget(budget).name].seconds, workload_report.BUDGET_SECONDS)
        self.assertGreaterEqual(DEFAULT.leaked_bytes, GOAL_BYTES)
        self.assertGreaterEqual(DEFAULT.sampled_leak_seconds, GOAL_SECONDS)

    def test_memory_is_measured_at_each_depth(self) -> None:
        names = {run.name for run in memory_part.runs_of(DEFAULT, MODES)}
        self.assertLessEqual({with_frames(mode, frames).name for mode in ("exact", "sampled")
                              for frames in (1, 10, 100)}, names)

    def test_a_mode_that_is_not_there_is_not_planned(self) -> None:
        self.assertEqual({step.kind for step in planned(DEFAULT, ("exact",))}, {"exact", "others", "begin"})


class GoalTest(unittest.TestCase):
    def test_only_what_was_measured_as_it_must_be_is_reached_or_not(self) -> None:
        one = Spread.of([1.0, 2.0, 3.0])
        goals = [Goal("a", one, 2, "x"), Goal("b", one, 1.9, "x"), Goal("c", one, 2, "x", AT_LEAST),
                 Goal("d", None, 2, "x"), Goal("e", one, 2, "x", doubt="too short"), Goal("f", one, 2, "x", worst=True)]
        self.assertEqual([goal.verdict for goal in goals],
                         ["reached", "NOT reached", "reached", "not measured", "not measured: too short",
                          "NOT reached"])
        self.assertEqual(sum_of(goals), "2 reached, 2 not reached, 2 not measured, of 6 goals")


class SessionTest(unittest.TestCase):
    def test_what_a_tmbpf_does_not_say_is_unknown(self) -> None:
        self.assertEqual(workload_report.session_text({}), "unknown, unknown, unknown steps")
        self.assertEqual(workload_report.session_text({"method": "live", "slowdown": 0.0725, "steps": [{}, {}]}),
                         "live, 7.2 %, 2 steps")


if __name__ == "__main__":
    unittest.main()
