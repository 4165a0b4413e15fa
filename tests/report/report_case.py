# SPDX-License-Identifier: Apache-2.0
"""What the tests of the HTML report share.

Environment: REPORT_SAMPLE, the program that writes the reports.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

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


class ReportCase(unittest.TestCase):
    """One browser for all tests of a class; each test opens its page anew."""

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
        titles = self.browser.run("return [...document.querySelectorAll('#table-head th')]"
                                  ".map(e => e.dataset.column)")
        return self.browser.texts(f"#table-body td:nth-child({titles.index(column) + 1})")

    def exact_sizes(self):
        """Bytes of each row of the table, which their tooltips have."""
        titles = self.browser.titles("#table-body td:nth-child(2)")
        return [int(title.split()[0].replace(",", "")) for title in titles]

    def sorting(self):
        """Column and direction, as told to screen readers; exactly one."""
        sorts = self.browser.run("return [...document.querySelectorAll('#table-head th')]"
                                 ".map(e => [e.dataset.column, e.ariaSort]).filter(([, sort]) => sort !== 'none')")
        self.assertEqual(len(sorts), 1)
        return tuple(sorts[0])
