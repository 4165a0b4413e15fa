#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report of two snapshots in headless Chromium.

REPORT_SCREENSHOTS, if set, is a folder for pictures of the page: light.png, dark.png, narrow.png.
"""

import os
import pathlib
import unittest

from selenium.webdriver.common.keys import Keys

from report_case import ReportCase, service_sums, to_bytes


class DifferenceReportTest(ReportCase):
    """Of a made-up service, twelve hours apart: see service.txt."""

    def test_two_snapshots_show_their_difference(self):
        self.open("difference")
        new, old = service_sums()
        self.assertIn(f"{new - old:+,} bytes", self.browser.titles("#facts .change strong"))
        self.assertEqual(self.sorting(), ("size-change", "descending"))
        changes = [to_bytes(text) for text in self.cells("size-change")]
        self.assertEqual(changes, sorted(changes, reverse=True))
        self.assertGreater(changes[0], 0)
        self.assertLess(changes[-1], 0)
        self.assertEqual(self.browser.texts("#legend li"), ["grown", "shrunk", "unchanged"])
        self.assertNotIn("Warning", self.browser.text("#summary"))
        self.browser.click_graph(11, 60)
        new, old = service_sums("list_orders")
        self.assertEqual(self.browser.text("#details-title"), "list_orders")
        self.assertIn(f"{new:,} bytes", self.browser.text("#details-body"))
        self.assertIn(f"{new - old:+,} bytes", self.browser.text("#details-body"))

    def test_each_side_of_a_comparison_can_be_looked_at(self):
        self.open("difference")
        self.browser.type("#search", "OrderService._load")
        new, old = service_sums("OrderService._load")
        for side, size in (("new", new), ("old", old)):
            self.browser.choose(side)
            share, shown = self.browser.text("#search-result").split(", ")
            self.assertAlmostEqual(to_bytes(shown) / size, 1, delta=0.01)
            self.assertAlmostEqual(float(share.split()[0]), 100 * size / service_sums()[side == "old"], delta=0.06)

    def color_of(self, file):
        """(red, green, blue) in the graph of the only line of a file: zoomed to it, it is as wide as the graph."""
        self.browser.type("#filter", file)
        self.browser.click("#table-body button")
        return self.browser.run("""const canvas = document.getElementById('graph-canvas');
            const row = document.querySelectorAll('.stacks > li:first-child .frames li').length;
            const y = row * 19 - document.getElementById('graph-scroll').scrollTop + 3;
            return [...canvas.getContext('2d').getImageData(1000, y, 1, 1).data].slice(0, 3)""")

    def test_growth_is_red(self):
        self.open("difference")
        red, _, blue = self.color_of("*/audit.py")
        self.assertGreater(red, blue + 30)

    def test_shrinking_is_blue(self):
        self.open("difference")
        red, _, blue = self.color_of("*/sessions.py")
        self.assertGreater(blue, red + 30)

    def test_different_processes_are_warned_about(self):
        self.open("other-process")
        self.assertIn("Warning: the snapshots are of different processes: pid 4711 (old) and pid 4242 (new)",
                      self.browser.text(".notes"))

    def test_pictures(self):
        folder = os.environ.get("REPORT_SCREENSHOTS")
        self.open("difference")
        self.browser.choose("new")
        self.browser.click_graph(14, 60)
        self.browser.press("#graph-canvas", *[Keys.ESCAPE] * 14)
        self.assertEqual(self.browser.text("#details-title"), "OrderService._load")
        self.browser.run("document.activeElement.blur()")
        self.addCleanup(self.browser.prefer, "light")
        self.addCleanup(self.browser.resize, 1280, 800)
        for name, scheme, width in (("light", "light", 1280), ("dark", "dark", 1280), ("narrow", "light", 480)):
            self.browser.prefer(scheme)
            self.browser.resize(width, 800)
            self.browser.run("window.scrollTo(0, 0)")
            # Nothing sticks out to the side.
            self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), width)
            if folder:
                pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
                self.browser.screenshot(pathlib.Path(folder) / f"{name}.png")


if __name__ == "__main__":
    unittest.main()
