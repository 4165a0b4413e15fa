# SPDX-License-Identifier: Apache-2.0
"""The leaking programs leak what is said of them: stdlib tracemalloc, amid their churn, ranks the marked line first
and finds in it, to the byte, what it leaks without the churn."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(os.path.dirname(HERE), "oracle")]

import leaks  # noqa: E402
from bench_target import BenchTarget  # noqa: E402

LEAKED_BYTES = 400_000
IN_FREE_LISTS = 10
SMALL_OBJECT = 64  # bytes
# What lies in a free list since before tracemalloc was started is not traced when it is used again.
TRACED_FROM_THE_START = ("-X", "tracemalloc=1")


class LeaksTest(unittest.TestCase):
    def test_tracemalloc_ranks_the_marked_line_first_with_what_it_leaks(self) -> None:
        for name in leaks.NAMES:
            with self.subTest(name):
                truth = self.ask_truth(name)
                self.assertGreater(truth["bytes"], LEAKED_BYTES / 2)
                with BenchTarget(sys.executable, ("leak_target.py", name), TRACED_FROM_THE_START) as target:
                    target.ask("grow", steps=truth["first"], rate=0)
                    target.ask("mark")
                    target.ask("grow", steps=truth["steps"], rate=0)
                    found = target.ask("compare")
                self.assertEqual(found["rank"], 1)
                self.assertAlmostEqual(found["blocks"], truth["blocks"], delta=IN_FREE_LISTS)
                self.assertAlmostEqual(found["bytes"], truth["bytes"], delta=IN_FREE_LISTS * SMALL_OBJECT)

    def test_a_rate_is_kept(self) -> None:
        with BenchTarget(sys.executable, ("leak_target.py", "dict_cache")) as target:
            seconds = target.ask("grow", steps=200, rate=400)["seconds"]
        self.assertGreaterEqual(seconds, 200 / 400)
        self.assertLess(seconds, 5)

    def ask_truth(self, name: str) -> dict:
        with BenchTarget(sys.executable, ("leak_target.py", name)) as target:
            return target.ask("truth", total=LEAKED_BYTES)


if __name__ == "__main__":
    unittest.main()
