# SPDX-License-Identifier: Apache-2.0
"""Each command of docs/tutorial.md, in its order, on the service of the page: it prints what the page shows,
but for the numbers. As root; on the loopback alone."""
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys

import console_page
import doc_page

sys.path.insert(0, os.path.join(doc_page.ROOT, "tests", "live", "command_line"))
# pylint: disable=wrong-import-position
from support import TIMEOUT, CommandLineTest, main, supported_pythons, tmbpf_path, wait_until  # noqa: E402

PAGE = "tutorial.md"
SERVICE = os.path.join(doc_page.ROOT, "tests", "docs", "web_shop")
FILES = tuple(sorted(name for name in os.listdir(SERVICE) if name.endswith(".py")))
PORT = "8000"  # on the page
LEAK = ("pages.py", "return")  # the file of the line that leaks most, and what the line begins with


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class TutorialTest(CommandLineTest):
    maxDiff = None

    def setUp(self) -> None:
        super().setUp()
        self.folder = os.path.join(self.directory, "shop")
        shutil.copytree(SERVICE, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self.port = free_port()
        self.jobs = []
        self.addCleanup(self.end_jobs)

    def here(self, command: str) -> str:
        """With this tmbpf, a Python and a port of this machine, and a name that no other process has."""
        command = command.replace("sudo ", "").replace(PORT, self.port)
        command = re.sub(r"(?<![\w/-])tmbpf(?= )", shlex.quote(tmbpf_path()), command)
        command = re.sub(r"^python3 ", f"{shlex.quote(supported_pythons()[0])} -B ", command)
        return re.sub(r"(?<=\s)(shop|visitors)\.py(?=\s|$)", rf"{self.folder}/\1.py", command)

    def run_command(self, command: str) -> str:
        """What it prints on a terminal."""
        done = subprocess.run(["bash", "-o", "pipefail", "-c", self.here(command)], cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=TIMEOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def begin_job(self, command: str) -> None:
        self.jobs.append(subprocess.Popen(shlex.split(self.here(command.removesuffix("&"))), cwd=self.folder,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        wait_until(self.is_served, "the shop is open")

    def is_served(self) -> bool:
        with socket.socket() as visitor:
            return visitor.connect_ex(("127.0.0.1", int(self.port))) == 0

    def end_jobs(self) -> None:
        for job in reversed(self.jobs):  # the visitors before the shop
            job.kill()
            job.wait()
        self.jobs.clear()

    def check(self, shown: console_page.Shown) -> None:
        if shown.command.endswith("&"):
            self.begin_job(shown.command)
        elif shown.command.startswith("kill "):
            self.assertEqual(len(self.jobs), shown.command.count("%"))
            self.end_jobs()
        else:
            printed = self.run_command(shown.command)
            pattern = console_page.pattern_of(shown.lines, FILES)
            self.assertIsNotNone(re.fullmatch(pattern, printed), f"{shown.command}\n{printed}\n{pattern}")

    def test_every_command_prints_what_the_page_shows(self) -> None:
        seen = console_page.shown(PAGE)
        self.assertGreater(len(seen), 10)
        for shown in seen:
            self.check(shown)
            if " report " in shown.command:
                self.check_report(shown.command.split()[-1])

    def check_report(self, name: str) -> None:
        """The line that has grown most on the page is the one that leaks."""
        text = doc_page.read(os.path.join(self.folder, name))
        data = json.loads(re.search(r'<script id="report-data" type="application/json">(.*?)</script>', text, re.S)[1])
        growth = {}
        stacks = data["stacks"]
        for node, size, old in zip(stacks["node"], stacks["size"], stacks["oldSize"]):
            frame = data["nodes"]["frame"][node]
            place = data["strings"][data["frames"]["file"][frame]], data["frames"]["line"][frame]
            growth[place] = growth.get(place, 0) + size - old
        file, line = max(growth, key=growth.get)
        self.assertEqual(os.path.basename(file), LEAK[0])
        with open(file, encoding="utf-8") as source:
            self.assertTrue(source.read().splitlines()[line - 1].strip().startswith(LEAK[1]))

    def test_the_true_lines_are_at_rank_1_on_the_page(self) -> None:
        """Which the other test holds the output to."""
        firsts = [line for shown in console_page.shown(PAGE) for line in shown.lines if line.startswith("#1: ")]
        self.assertEqual([re.search(r"(\w+\.py):", line)[1] for line in firsts],
                         ["pages.py"] * 2 + ["visits.py"] * 3)


if __name__ == "__main__":
    main()
