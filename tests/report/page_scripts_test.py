#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Parts of the report's scripts, run in headless Chromium against what they imitate."""

import fnmatch
import math
import pathlib
import random
import statistics
import tracemalloc
import unittest

from browser import Browser

PAGE = pathlib.Path(__file__).parents[2] / "userspace" / "view" / "report" / "page"


class PageScriptsTest(unittest.TestCase):
    """Random input from a fixed seed."""

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.random = random.Random(1)

    def run_script(self, name, expression, *arguments):
        """The value of an expression after a script of the page."""
        source = (PAGE / f"{name}.js").read_text(encoding="ascii")
        return self.browser.run(f"{source}; return {expression}", *arguments)

    def test_sizes_are_printed_as_by_tracemalloc(self):
        sizes = [0, 1, 99, 100, 10239, 10240, 102399, 102400, 10485759, 10485760, 2.5, 3.5, 0.5]
        sizes += [int(2 ** self.random.uniform(0, 50)) for _ in range(5000)]
        sizes += [self.random.randrange(2 ** 24) * 256 for _ in range(5000)]  # ties of rounding among them
        sizes += [self.random.randrange(40000) / 4 for _ in range(2000)]
        shown = self.run_script(
            "size_text", "arguments[0].map(size => [formatSize(size), formatSize(-1 - size, true)])", sizes)
        # The private function is what every text of tracemalloc is made with.
        format_size = tracemalloc._format_size  # pylint: disable=protected-access
        self.assertEqual(shown, [[format_size(size, False), format_size(-1 - size, True)] for size in sizes])

    def error_of(self, *sides):
        """Half of the width of the 95 % confidence interval; of several, that of what they differ by."""
        variances, parts = [], []
        for sums in sides:
            mean = statistics.fmean(sums)
            squares, fourths = (math.fsum((value - mean) ** power for value in sums) for power in (2, 4))
            if squares > 0:
                variances.append(19 / 20 * squares)
                parts.append(variances[-1] ** 2 / min(max(3 * squares ** 2 / fourths - 3.5, 2), 19))
        if not variances:
            return 0
        n = math.fsum(variances) ** 2 / math.fsum(parts)
        return (1.96 + 2.37 / n + 2.82 / n ** 2 + 3.6 / n ** 3) * math.sqrt(math.fsum(variances))

    def test_errors_are_the_jackknifes(self):
        def stack():
            return 0 if self.random.random() < 0.2 else [
                [self.random.choice([0, self.random.uniform(0, 1e6)]) for _ in range(20)] for _ in range(2)]
        now, before = ([stack() for _ in range(9)] for _ in range(2))
        for stacks in ([0, 3, 8], [5], list(range(9))):
            for metric, place in (("size", 0), ("count", 1)):
                sums = [[math.fsum(side[stack][place][i] for stack in stacks if side[stack] != 0) for i in range(20)]
                        for side in (now, before)]
                apart = self.error_of(*sums)
                together = self.error_of([new - old for new, old in zip(*sums)])
                shown = self.run_script(
                    "estimate_errors",
                    "[true, false].map(same => { const errors = new EstimateErrors(arguments[0], arguments[1], same);"
                    " return ['new', 'old', 'difference'].map(side => errors.of(arguments[2], arguments[3], side)); })",
                    now, before, stacks, metric)
                expected = [[self.error_of(sums[0]), self.error_of(sums[1]), difference]
                            for difference in (together, apart)]
                self.assertEqual(shown, [[math.ceil(error) for error in row] for row in expected])

    def test_what_is_exact_has_no_error(self):
        for now in ([], [0, 0], [0, [[3.3] * 20, [0.1] * 20]]):
            self.assertEqual(self.run_script(
                "estimate_errors", "['new', 'old', 'difference'].map("
                "side => new EstimateErrors(arguments[0], [], true).text([0, 1], 'size', side))", now), [""] * 3)

    def test_patterns_match_as_fnmatch(self):
        def text(letters, shortest, longest):
            return "".join(self.random.choices(letters, k=self.random.randint(shortest, longest)))
        cases = [("*" + text("ab/*?[]!-^.\\", 0, 6), text("ab/.]-^![\\", 0, 6)) for _ in range(10000)]
        matched = self.run_script(
            "name_pattern",
            "arguments[0].map(([pattern, name]) => new NamePattern(pattern).pattern?.test(name) ?? null)", cases)
        # A set like [b-a] is no pattern to the page.
        known = [(case, result) for case, result in zip(cases, matched) if result is not None]
        self.assertGreater(len(known), 9900)
        self.assertEqual(known,
                         [(case, fnmatch.fnmatchcase(case[1], case[0])) for case, _ in known])


if __name__ == "__main__":
    unittest.main()
