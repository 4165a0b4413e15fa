#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports in headless Chromium whose snapshots are cut, hostile, empty or large."""

import unittest

from report_case import ReportCase, service_sums


class ExtremeReportTest(ReportCase):
    """Nothing of it may confuse the page."""

    def test_what_is_below_the_limit_is_shown_as_one_sum(self):
        self.open("few")
        new, _ = service_sums()
        self.browser.choose("traceback")
        self.assertEqual(len(self.exact_sizes()), 7)
        self.assertEqual(sum(self.exact_sizes()), new)
        self.assertRegex(" ".join(self.cells("name")), r"\(\d+ smaller tracebacks\)")
        self.assertIn("The largest 6 tracebacks are shown one by one", self.browser.text(".notes"))

    def test_hostile_names_stay_text(self):
        self.open("hostile")
        self.browser.choose("traceback")
        self.browser.click("#table-body button")
        self.browser.click_graph(1, 60)
        self.assertIsNone(self.browser.run("return window.harmed"))
        self.assertEqual(self.browser.run("return document.images.length"), 0)
        self.assertEqual(self.browser.run("return document.scripts.length"), 2)
        self.assertEqual(self.browser.driver.title, "</script><script>window.harmed=1</script>")
        self.assertIn("</script><script>window.harmed=1</script>", self.browser.text("#summary .command"))
        self.assertIn("</script><script>window.harmed=1</script>"
                      "line\u2028end\u2029\\u202edlrow \\ud800 ?\\x0a\\x1b[31m",
                      self.browser.texts("#details .source"))
        self.browser.click_graph(0, 60)
        self.browser.click_graph(1, 620)
        self.assertEqual(self.browser.text("#details-title"), "<img src=x onerror='window.harmed=1'>\"&amp;")

    def test_a_snapshot_without_traces_is_shown_as_such(self):
        self.open("empty")
        self.assertEqual(self.cells("name"), [])
        self.assertEqual(self.browser.text("#table-sum"), "0 groups, 0 B in 0 blocks")
        self.browser.click_graph(0, 60)
        self.assertEqual(self.browser.text("#details-title"), "All")

    def test_many_nodes_are_fluid(self):
        self.open("large")
        self.assertGreater(self.browser.run(
            "return JSON.parse(document.getElementById('report-data').textContent).nodes.frame.length"), 100_000)
        boxes = int(self.browser.run("return document.getElementById('graph-canvas').dataset.boxes"))
        # 25 rows of 1280 pixels could hold more; what is narrower than a pixel is not drawn.
        self.assertLess(boxes, 25 * 1280)
        self.assertGreater(boxes, 500)
        # A key moves, lays out and paints at once: less than a frame is wanted, ten are allowed here,
        # where other tests may run beside.
        spent = self.browser.run("""const canvas = document.getElementById('graph-canvas');
            const press = (key) => canvas.dispatchEvent(new KeyboardEvent('keydown', {key}));
            const times = [];
            for (let i = 0; i < 20; ++i) {
              const start = performance.now();
              press('ArrowDown');
              press('Enter');
              times.push(performance.now() - start);
            }
            return times.sort((left, right) => left - right)[10];""")
        self.assertLess(spent, 160)


if __name__ == "__main__":
    unittest.main()
