# SPDX-License-Identifier: Apache-2.0
"""The oracle must be able to fail: each kind of wrong answer is recognised."""
import unittest

from comparison import (differing_share, explain_line_differences, explain_unproven_moves,
                        find_moves)
from target_run import DRIVER_FILES, Run, RunFailed

NAMES = ("ours", "theirs")
FIRST = (("a.py", 1), ("main.py", 9))
SECOND = (("a.py", 2), ("main.py", 9))


def make_run(*blocks: tuple, objects: "dict | None" = None) -> Run:
    return Run([(0, size, traceback, nframe) for size, traceback, nframe in blocks], objects or {})


class ComparisonTest(unittest.TestCase):
    def test_equal_runs_differ_nowhere(self) -> None:
        left = make_run((40, FIRST, 2), (40, FIRST, 2), (8, SECOND, 2))
        right = make_run((8, SECOND, 2), (40, FIRST, 2), (40, FIRST, 2))
        self.assertEqual(left.blocks, right.blocks)
        self.assertEqual(explain_line_differences(left.blocks, right.blocks, NAMES), [])
        self.assertEqual(differing_share(left.blocks, right.blocks), 0)

    def test_a_missing_block_is_named_with_its_line(self) -> None:
        left, right = make_run((40, FIRST, 2)), make_run((40, FIRST, 2), (40, FIRST, 2))
        self.assertEqual(explain_line_differences(left.blocks, right.blocks, NAMES),
                         ["a.py:1: ours 40 B in 1 blocks, theirs 80 B in 2 blocks"])
        self.assertEqual(differing_share(left.blocks, right.blocks), 0.5)

    def test_the_same_bytes_in_another_number_of_blocks_differ(self) -> None:
        left, right = make_run((80, FIRST, 2)), make_run((40, FIRST, 2), (40, FIRST, 2))
        self.assertEqual(len(explain_line_differences(left.blocks, right.blocks, NAMES)), 1)

    def test_another_caller_of_the_same_line_differs(self) -> None:
        other = (("a.py", 1), ("main.py", 10))
        left, right = make_run((40, other, 2)), make_run((40, FIRST, 2))
        self.assertEqual(differing_share(left.blocks, right.blocks), 0)
        texts = explain_line_differences(left.blocks, right.blocks, NAMES)
        self.assertEqual(len(texts), 2)
        self.assertIn("main.py:10", " ".join(texts))

    def test_another_total_nframe_differs(self) -> None:
        left, right = make_run((40, FIRST, 3)), make_run((40, FIRST, 2))
        self.assertNotEqual(left.blocks, right.blocks)
        self.assertEqual(len(explain_line_differences(left.blocks, right.blocks, NAMES)), 2)

    def test_only_blocks_of_the_driver_itself_are_left_out(self) -> None:
        own = ((DRIVER_FILES[0], 5),)
        called_by_driver = (("a.py", 1), (DRIVER_FILES[0], 5))
        run = make_run((40, own, 1), (40, called_by_driver, 2))
        self.assertEqual(list(run.blocks), [(40, called_by_driver, 2)])

    def test_a_trace_of_another_domain_is_refused(self) -> None:
        with self.assertRaises(RunFailed):
            Run([(7, 40, FIRST, 2)], {})

    def test_a_list_that_changed_owner_is_a_proven_move(self) -> None:
        followed = make_run((56, SECOND, 2), objects={("list", 56, SECOND): 1})
        allocated = make_run((56, FIRST, 2), objects={("list", 56, FIRST): 1})
        self.assertEqual(explain_unproven_moves(followed, allocated), [])
        (move,) = find_moves(followed.objects, allocated.objects)
        self.assertEqual((move.kind, move.size, move.count), ("list", 56, 1))
        self.assertEqual((move.old, move.new), ((("a.py:1", 1),), (("a.py:2", 1),)))

    def test_a_moved_block_that_is_no_object_of_a_free_list_type_is_not_proven(self) -> None:
        followed, allocated = make_run((100, SECOND, 2)), make_run((100, FIRST, 2))
        self.assertEqual(len(explain_unproven_moves(followed, allocated)), 2)

    def test_an_object_that_appears_from_nowhere_is_not_proven(self) -> None:
        followed = make_run((56, SECOND, 2), objects={("list", 56, SECOND): 1})
        texts = explain_unproven_moves(followed, make_run())
        self.assertEqual(len(texts), 1)
        self.assertIn("do not balance", texts[0])


if __name__ == "__main__":
    unittest.main()
