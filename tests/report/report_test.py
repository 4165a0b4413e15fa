#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report in headless Chromium, as a user has it: opened from a file, clicked and typed at.

Environment: REPORT_SAMPLE, the program that writes the reports. REPORT_SCREENSHOTS, if set, is a
folder for pictures of the pages (light.png, dark.png, narrow.png).
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

from selenium.webdriver.common.keys import Keys

from browser import Browser

SERVICE = pathlib.Path(__file__).with_name("service.txt")
UNITS = {"B": 1, "KiB": 1024, "MiB": 1024 ** 2, "GiB": 1024 ** 3}


def to_bytes(text):
    """"+1.5 KiB" -> 1536.0."""
    number, unit = text.split()
    return float(number) * UNITS[unit]


def service_sums(function=None):
    """Bytes of the new and the old snapshot, from the file that the reports are made of; only those below a
    function, if there is one. It must occur once."""
    lines = SERVICE.read_text(encoding="utf-8").splitlines()
    if function is not None:
        start = next(i for i, line in enumerate(lines) if f" {function} |" in line)
        depth = len(lines[start]) - len(lines[start].lstrip())
        end = next(i for i, line in enumerate(lines[start + 1:], start + 1) if len(line) - len(line.lstrip()) <= depth)
        lines = lines[start:end]
    rows = [line.split()[1:] for line in lines if line.lstrip().startswith("* ")]
    return tuple(sum(int(row[0]) * int(row[side]) for row in rows) for side in (1, 2))


class ReportTest(unittest.TestCase):
    """One browser for all; each test opens its page anew."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.browser = cls.enterClassContext(Browser())

    def open(self, kind):
        """The report of that kind; whatever the test does with it must cause no trouble."""
        page = self.folder / f"{kind}.html"
        if not page.exists():
            service = [] if kind in ("empty", "hostile", "large") else [SERVICE]
            subprocess.run([os.environ["REPORT_SAMPLE"], kind, page, *service], check=True)
        self.browser.open(page)
        self.addCleanup(self.assert_quiet, page)

    def assert_quiet(self, page):
        """Nothing on the console, nothing asked for but the page itself."""
        self.assertEqual(self.browser.console(), [])
        self.assertEqual(self.browser.requests(), [page.as_uri()])

    def cells(self, column):
        """The texts of a column of the table, from the top."""
        titles = self.browser.run("return [...document.querySelectorAll('#table-head th')].map(e => e.dataset.column)")
        return self.browser.texts(f"#table-body td:nth-child({titles.index(column) + 1})")

    def sorting(self):
        """Column and direction, as told to screen readers; exactly one."""
        sorts = self.browser.run("return [...document.querySelectorAll('#table-head th')]"
                                 ".map(e => [e.dataset.column, e.ariaSort]).filter(([, sort]) => sort !== 'none')")
        self.assertEqual(len(sorts), 1)
        return tuple(sorts[0])

    def test_totals_are_those_of_the_snapshot(self):
        self.open("service")
        new, _ = service_sums()
        self.assertIn(f"{new:,} bytes", self.browser.run(
            "return [...document.querySelectorAll('#facts td')].map(e => e.title)"))
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
            canvas.dispatchEvent(new PointerEvent('pointermove', {clientX: place.left + 50, clientY: place.top + 28}));""")
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
        titles = self.browser.run("return [...document.querySelectorAll('#table-body td:first-child')].map(e => e.title)")
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
            titles = self.browser.run("return [...document.querySelectorAll('#table-body td:nth-child(2)')].map(e => e.title)")
            seen[grouping] = len(titles)
            self.assertEqual(sum(int(title.split()[0].replace(",", "")) for title in titles), new, grouping)
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
        self.assertEqual(self.browser.run("return document.querySelectorAll('#table-body [aria-current=true]').length"), 1)

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

    def test_two_snapshots_show_their_difference(self):
        self.open("difference")
        new, old = service_sums()
        self.assertIn(f"{new - old:+,} bytes", self.browser.run(
            "return [...document.querySelectorAll('#facts .change strong')].map(e => e.title)"))
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

    def test_what_is_below_the_limit_is_shown_as_one_sum(self):
        self.open("few")
        new, _ = service_sums()
        self.browser.choose("traceback")
        titles = self.browser.run("return [...document.querySelectorAll('#table-body td:nth-child(2)')].map(e => e.title)")
        self.assertEqual(len(titles), 7)
        self.assertEqual(sum(int(title.split()[0].replace(",", "")) for title in titles), new)
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
        self.assertIn("</script><script>window.harmed=1</script>line\u2028end\u2029\\u202edlrow \\ud800 ?\\x0a\\x1b[31m",
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
