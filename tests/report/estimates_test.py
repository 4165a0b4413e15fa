#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report of snapshots made from a sample, in headless Chromium."""

import math
import unittest

from report_case import ReportCase, to_bytes

SIGN = "\u00b1"


def half_width(sums):
    """The jackknife's, of a sum that each replicate has."""
    mean = math.fsum(sums) / 20
    squares, fourths = (math.fsum((value - mean) ** power for value in sums) for power in (2, 4))
    degrees = min(max(3 * squares ** 2 / fourths - 3.5, 2), 19)
    student = 1.96 + 2.37 / degrees + 2.82 / degrees ** 2 + 3.6 / degrees ** 3
    return student * math.sqrt(19 / 20 * squares)


class EstimatesReportTest(ReportCase):
    """Of a made-up service: see service.txt and report_sample."""

    def data(self):
        return self.browser.run("return JSON.parse(document.getElementById('report-data').textContent)")

    def sums(self, column, file=None):
        """Bytes by replicate, of all stacks or of those that end in a file."""
        data = self.data()
        sums = [0] * 20
        for node, pair in zip(data["stacks"]["node"], data["stacks"][column]):
            frame = data["nodes"]["frame"][node]
            if pair != 0 and file in (None, data["strings"][data["frames"]["file"][frame]]):
                sums = [value + more for value, more in zip(sums, pair[0])]
        return sums

    def assert_error(self, text, expected):
        """Of "1.5 MiB +-30.2 KiB", with the sign."""
        self.assertAlmostEqual(to_bytes(text.split(SIGN)[1]) / expected, 1, delta=0.02)

    def test_the_head_says_that_numbers_are_estimates(self):
        self.open("sampled")
        self.assertIn(f"Numbers are estimates of a sample; {SIGN} at 95 % confidence.", self.browser.text(".notes"))
        titles = self.browser.texts("#facts th")
        cells = self.browser.texts("#facts tbody td")
        self.assert_error(cells[titles.index("Traced")], half_width(self.sums("replicates")))
        self.assertRegex(cells[titles.index("Blocks")], rf"^[\d,]+ {SIGN}[\d,]+$")

    def test_each_grouping_has_its_own_errors(self):
        self.open("sampled")
        self.browser.choose("file")
        files = self.browser.titles("#table-body td:first-child")
        for file, size in zip(files, self.cells("size")):
            self.assert_error(size, half_width(self.sums("replicates", file)))
        self.browser.choose("line")
        for size, count in zip(self.cells("size"), self.cells("count")):
            self.assertIn(SIGN, size)
            self.assertIn(SIGN, count)
        self.assert_error(self.browser.text("#table-sum").split(" in ")[0], half_width(self.sums("replicates")))
        self.browser.click("#table-body tr:first-child button")
        self.assertIn(self.cells("size")[0].split(SIGN)[1], self.browser.text("#details-body"))
        self.assertRegex(self.browser.texts(".stacks > li")[0], rf"^\S+ \S+ {SIGN}\S+ \S+ in [\d,]+ {SIGN}[\d,]+ blocks")

    def test_a_difference_has_the_error_of_its_replicates(self):
        self.open("sampled-difference")
        self.assertTrue(self.data()["sameSession"])
        now, before = self.sums("replicates"), self.sums("oldReplicates")
        expected = half_width([new - old for new, old in zip(now, before)])
        self.assert_error(self.browser.texts("#facts .change strong")[1], expected)
        self.browser.choose("file")
        file = self.browser.titles("#table-body td:first-child")[0]
        now, before = self.sums("replicates", file), self.sums("oldReplicates", file)
        self.assert_error(self.cells("size-change")[0], half_width([new - old for new, old in zip(now, before)]))
        self.assertNotIn(SIGN, self.cells("size")[0])
        self.assert_error(self.browser.titles("#table-body td:nth-child(2)")[0], half_width(now))

    def test_an_exact_report_has_no_such_sign(self):
        self.open("difference")
        self.assertNotIn(SIGN, self.browser.text("body"))

    def test_nor_has_one_with_a_sum_of_smaller_tracebacks(self):
        self.open("few")
        self.assertNotIn(SIGN, self.browser.text("body"))


if __name__ == "__main__":
    unittest.main()
