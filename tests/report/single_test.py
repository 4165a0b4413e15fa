#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report of one snapshot in headless Chromium, as a user has it: clicked and typed at."""

import unittest

from selenium.webdriver.common.keys import Keys

from report_case import ReportCase, service_sums, to_bytes


class SingleReportTest(ReportCase):
    """Of a made-up service: see service.txt."""

    def test_totals_are_those_of_the_snapshot(self):
        self.open("service")
        new, _ = service_sums()
        self.assertIn(f"{new:,} bytes", self.browser.titles("#facts td"))
        self.assertEqual(self.browser.driver.title, "Memory of orders")
        self.assertIn("pid 4242", self.browser.text("#summary"))

    def test_click_on_a_frame_zooms_and_shows_its_details(self):
        self.open("service")
        # The largest is leftmost: row 11 is what Flask dispatched to.
        self.browser.click_graph(11, 60)
        self.assertEqual(self.browser.text("#details-title"), "list_orders")
        details = self.browser.text("#details-body")
        self.assertIn("/srv/orders/app/orders/api/routes.py:48", details)
        self.assertIn("return jsonify(service.recent(customer_id, limit=200))", details)
        self.assertIn("/usr/lib/python3.11/threading.py:995",
                      self.browser.run("return document.querySelector('.frames .link').title"))
        self.assertEqual(self.browser.texts("#graph-path button")[-1], "list_orders")
        # Zoomed: its right end is now where another function was.
        self.browser.click_graph(11, 1150)
        self.assertEqual(self.browser.text("#details-title"), "list_orders")
        # A frame of the traceback opens the same frame in the graph.
        self.browser.click(".frames li:last-child .link")
        self.assertEqual(self.browser.text("#details-title"), "OrderService._to_dict")

    def test_hovering_tells_what_a_frame_holds(self):
        self.open("service")
        self.browser.click_graph(1, 60)
        self.browser.click_graph(0, 60)
        self.browser.run("""const canvas = document.getElementById('graph-canvas');
            const place = canvas.getBoundingClientRect();
            canvas.dispatchEvent(new PointerEvent('pointermove',
                                                  {clientX: place.left + 50, clientY: place.top + 28}));""")
        tooltip = self.browser.text("#tooltip")
        self.assertRegex(tooltip, r"Thread\._bootstrap\n/usr/lib/python3\.11/threading\.py:995\n"
                                  r"199 MiB in [\d,]+ blocks, \d+\.\d % of bytes\nself\._bootstrap_inner\(\)")

    def test_keys_reach_every_frame(self):
        self.open("service")
        canvas = "#graph-canvas"
        self.browser.press(canvas, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
        self.assertIn("<module>, gunicorn:8: 20.3 MiB in ", self.browser.run(
            "return document.getElementById('announcement').textContent"))
        self.browser.press(canvas, Keys.ENTER)
        self.assertEqual(self.browser.text("#details-title"), "<module>")
        self.browser.press(canvas, Keys.ESCAPE)
        self.assertEqual(self.browser.texts("#graph-path button"), ["All"])
        self.browser.press("body", "/")
        self.assertEqual(self.browser.run("return document.activeElement.id"), "search")

    def test_a_click_on_a_title_sorts(self):
        self.open("service")
        self.assertEqual(self.sorting(), ("size", "descending"))
        sizes = [to_bytes(text) for text in self.cells("size")]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.browser.click("#table-head [data-column=count] button")
        self.assertEqual(self.sorting(), ("count", "descending"))
        counts = [int(text.replace(",", "")) for text in self.cells("count")]
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.assertNotEqual([to_bytes(text) for text in self.cells("size")], sizes)
        self.browser.click("#table-head [data-column=count] button")
        self.assertEqual(self.sorting(), ("count", "ascending"))
        self.assertEqual([int(text.replace(",", "")) for text in self.cells("count")], counts[::-1])
        self.browser.press("#table-head [data-column=name] button", Keys.ENTER)
        self.assertEqual(self.sorting(), ("name", "ascending"))
        titles = self.browser.titles("#table-body td:first-child")
        self.assertEqual(titles, sorted(titles))

    def test_the_filter_takes_parts_and_patterns(self):
        self.open("service")
        total = len(self.cells("name"))
        self.browser.type("#filter", "SQLAlchemy")
        names = self.cells("name")
        self.assertEqual(len(names), 5)
        self.assertIn(f"5 of {total} groups", self.browser.text("#table-sum"))
        self.browser.type("#filter", "*/json/*.py")
        self.assertEqual([name.split()[0] for name in self.cells("name")], ["json/decoder.py:353"])
        self.browser.type("#filter", "record")
        self.assertEqual([name.split()[0] for name in self.cells("name")], ["orders/audit.py:29"])
        self.browser.type("#filter", "no such thing")
        self.assertEqual(self.cells("name"), [])

    def test_groupings_have_the_same_total(self):
        self.open("service")
        new, _ = service_sums()
        seen = {}
        for grouping in ("line", "file", "function", "traceback"):
            self.browser.choose(grouping)
            seen[grouping] = len(self.exact_sizes())
            self.assertEqual(sum(self.exact_sizes()), new, grouping)
        self.assertLess(seen["file"], seen["line"])
        self.assertLess(seen["line"], seen["traceback"])

    def test_with_callers_a_group_has_what_its_callees_allocated(self):
        self.open("service")
        self.browser.click("#cumulative")
        self.browser.type("#filter", "*/threading.py")
        self.assertEqual({name.split()[0] for name in self.cells("name")},
                         {f"python3.11/threading.py:{line}" for line in (975, 995, 1038)})
        self.assertEqual(set(self.cells("size")), {"199 MiB"})

    def test_a_click_on_a_row_shows_its_tracebacks_and_zooms(self):
        self.open("service")
        self.browser.choose("function")
        self.browser.type("#filter", "get_code")
        self.browser.click("#table-body tr:first-child button")
        self.assertEqual(self.browser.text("#details-title"), "SourceLoader.get_code")
        self.assertIn("3 tracebacks", self.browser.text("#details-body"))
        # What all three share.
        self.assertEqual(self.browser.texts("#graph-path button")[-1], "<module>")
        self.assertEqual(len(self.browser.texts("#table-body [aria-current=true]")), 1)

    def test_inverted_the_allocation_site_is_at_the_root(self):
        self.open("service")
        self.browser.choose("site")
        self.browser.click_graph(1, 40)
        self.assertEqual(self.browser.text("#details-title"), "OrderService._to_dict")
        self.browser.click_graph(2, 40)
        self.assertEqual(self.browser.text("#details-title"), "OrderService._load")

    def test_search_tells_the_share_of_what_matches(self):
        self.open("service")
        self.browser.type("#search", "threading.py")
        self.assertRegex(self.browser.text("#search-result"), r"^9\d\.\d %, 199 MiB$")
        self.browser.choose("count")
        self.assertRegex(self.browser.text("#search-result"), r"^\d\d\.\d %, [\d,]+ blocks$")
        self.browser.type("#search", "nothing like it")
        self.assertEqual(self.browser.text("#search-result"), "no match")


if __name__ == "__main__":
    unittest.main()
