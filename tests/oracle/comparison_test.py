# SPDX-License-Identifier: Apache-2.0
"""The oracle must be able to fail: each kind of wrong answer is recognised."""
import unittest

from comparison import differing_shares, explain_differences, moved
from target_run import DRIVER_FILES, Run, RunFailed

NAMES = ("ours", "theirs")
FIRST = (("a.py", 1), ("main.py", 9))
SECOND = (("a.py", 2), ("main.py", 9))


def make_run(*blocks: tuple) -> Run:
    return Run([(0, size, traceback, nframe) for size, traceback, nframe in blocks])


class ComparisonTest(unittest.TestCase):
    def test_equal_runs_differ_nowhere(self) -> None:
        left = make_run((40, FIRST, 2), (40, FIRST, 2), (8, SECOND, 2))
        right = make_run((8, SECOND, 2), (40, FIRST, 2), (40, FIRST, 2))
        self.assertEqual(left.blocks, right.blocks)
        self.assertEqual(explain_differences(left.blocks, right.blocks, NAMES), [])
        self.assertEqual(differing_shares(left.blocks, right.blocks), (0, 0))

    def test_a_missing_block_is_named_with_its_line(self) -> None:
        left, right = make_run((40, FIRST, 2)), make_run((40, FIRST, 2), (40, FIRST, 2))
        self.assertEqual(explain_differences(left.blocks, right.blocks, NAMES),
                         ["a.py:1: ours 40 B in 1 blocks, theirs 80 B in 2 blocks"])
        self.assertEqual(differing_shares(left.blocks, right.blocks), (0.5, 0.5))

    def test_a_run_without_blocks_differs_wholly_from_one_with_some(self) -> None:
        left, right = make_run((40, FIRST, 2)), make_run()
        self.assertEqual(differing_shares(left.blocks, right.blocks), (1, 1))
        self.assertEqual(differing_shares(right.blocks, left.blocks), (1, 1))

    def test_the_same_bytes_in_another_number_of_blocks_differ(self) -> None:
        left, right = make_run((80, FIRST, 2)), make_run((40, FIRST, 2), (40, FIRST, 2))
        self.assertEqual(len(explain_differences(left.blocks, right.blocks, NAMES)), 1)
        self.assertEqual(differing_shares(left.blocks, right.blocks), (0, 0.5))

    def test_another_caller_of_the_same_line_differs(self) -> None:
        other = (("a.py", 1), ("main.py", 10))
        left, right = make_run((40, other, 2)), make_run((40, FIRST, 2))
        self.assertEqual(differing_shares(left.blocks, right.blocks), (0, 0))
        texts = explain_differences(left.blocks, right.blocks, NAMES)
        self.assertEqual(len(texts), 2)
        self.assertIn("main.py:10", " ".join(texts))

    def test_another_total_nframe_differs(self) -> None:
        left, right = make_run((40, FIRST, 3)), make_run((40, FIRST, 2))
        self.assertNotEqual(left.blocks, right.blocks)
        self.assertEqual(len(explain_differences(left.blocks, right.blocks, NAMES)), 2)

    def test_traces_of_three_elements_equal_those_of_four_only_when_nobody_knows_the_total(self) -> None:
        old = Run([(0, 40, FIRST)], has_total=False)
        self.assertEqual(old.blocks, Run([(0, 40, FIRST, 2)], has_total=False).blocks)
        self.assertNotEqual(old.blocks, Run([(0, 40, FIRST, 2)]).blocks)

    def test_only_blocks_of_the_driver_itself_are_left_out(self) -> None:
        driver = "/somewhere/" + DRIVER_FILES[0]
        called_by_driver = (("a.py", 1), (driver, 5))
        run = make_run((40, ((driver, 5),), 1), (40, called_by_driver, 2))
        self.assertEqual(list(run.blocks), [(40, called_by_driver, 2)])

    def test_a_trace_of_another_domain_is_refused(self) -> None:
        with self.assertRaises(RunFailed):
            Run([(7, 40, FIRST, 2)])

    def test_a_block_with_a_new_owner_has_moved(self) -> None:
        followed = make_run((56, SECOND, 2), (8, FIRST, 2))
        allocated = make_run((56, FIRST, 2), (8, FIRST, 2))
        self.assertEqual(moved(followed.blocks, allocated.blocks), (56, 1))
        self.assertEqual(moved(followed.blocks, followed.blocks), (0, 0))


if __name__ == "__main__":
    unittest.main()
