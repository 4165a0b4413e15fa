# SPDX-License-Identifier: Apache-2.0
"""Each command of the live side of docs/from-tracemalloc.md, on a real process, as root: it does what it
says and ends as it should. What comes out is compared by the tests that its row names."""
import contextlib
import os
import signal
import sys
import time

import doc_page

sys.path.insert(0, os.path.join(doc_page.ROOT, "tests", "live", "command_line"))
# pylint: disable=wrong-import-position
from code_differences import code_differences  # noqa: E402
from plain_table import TABLE  # noqa: E402
from support import (DONE, INTERRUPTED, CommandLineTest, Target, main, run_tmbpf, supported_pythons,  # noqa: E402
                     wait_until)

PID, ADDRESS = "1234", "140025123456624"  # as the page has them
PROGRAM = """import os, sys
kept = [bytes(12345) for i in range(100)]
os.write(1, b"ready\\n")
while sys.stdin.readline():
    kept.append(bytes(12345))
    os.write(1, b"%d\\n" % id(kept[-1]))
"""


class LivePageTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.commands = doc_page.commands(doc_page.live_entries())
        self.folder = os.path.join(self.directory, "folder")
        os.mkdir(self.folder)
        for name, text in (("app.py", PROGRAM), ("app-metrics.json", '{"requests": 17}')):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        programs = os.path.join(self.directory, "bin")
        os.mkdir(programs)
        os.symlink(supported_pythons()[0], os.path.join(programs, "python3"))
        self.enterContext(contextlib.chdir(self.folder))
        self.environment = {**os.environ, "PATH": programs + os.pathsep + os.environ["PATH"]}

    def app(self) -> Target:
        return self.target(program=(os.path.join(self.folder, "app.py"),))

    def words_for(self, words: list, target: Target) -> list:
        # With its folder, no other process has that name: --name takes one that fits alone.
        known = {PID: str(target.pid), "app.py": os.path.join(self.folder, "app.py")}
        return [target.ask("where") if word == ADDRESS else known.get(word, word) for word in words]

    def wanted(self, kind) -> list:
        """The page's commands of that kind."""
        commands = [words for words in self.commands if kind(words)]
        self.assertTrue(commands)
        return commands

    def case(self, words: list):
        return self.subTest(" ".join(["tmbpf", *words]))

    def run_it(self, words: list) -> str:
        result = run_tmbpf(*words, env=self.environment)
        self.assertEqual(result.status, DONE, result.err)
        return result.out + result.err

    def written(self) -> set:
        return set(os.listdir(self.folder)) - {"app.py", "app-metrics.json"}

    def test_every_command_is_run_here(self) -> None:
        kinds = (is_start, is_of_a_session, is_object, is_stop, is_bounded, is_endless, is_program, is_ps)
        for words in self.commands:
            with self.case(words):
                self.assertEqual(sum(kind(words) for kind in kinds), 1)

    def test_sessions_start(self) -> None:
        for words in self.wanted(is_start):
            with self.case(words), contextlib.closing(self.app()) as target:
                self.assertIn("in the background", self.run_it(self.words_for(words, target)))
                self.assertTrue(self.status(target.pid)["tracing"])
                self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)

    def test_sessions_answer(self) -> None:
        target = self.app()
        self.start_session(target.pid)
        for words in self.wanted(is_of_a_session):
            with self.case(words):
                self.run_it(self.words_for(words, target))
                if words[0] == "snapshot":
                    os.unlink(words[words.index("--output") + 1])
                self.assertEqual(self.written(), set())

    def test_objects_are_found(self) -> None:
        target = self.app()
        self.start_session(target.pid)
        for words in self.wanted(is_object):
            with self.case(words):
                self.assertIn("app.py", self.run_it(self.words_for(words, target)))

    def test_sessions_end(self) -> None:
        target = self.app()
        for words in self.wanted(is_stop):
            with self.case(words):
                self.start_session(target.pid)
                self.run_it(self.words_for(words, target))
                self.assert_free(target)

    def test_programs_are_traced_to_their_end(self) -> None:
        for words in self.wanted(is_program):
            with self.case(words):
                before = self.written()
                said = self.run_it(words)
                self.assertIn("ready", said)
                if words[0] == "record":
                    self.assertEqual(len(self.written() - before), 1)
                else:
                    self.assertRegex(said, r"(?m)^#1: \S*app\.py:2: .*, count=10\d\b")

    def test_what_has_an_end_comes_to_it(self) -> None:
        target = self.app()
        for words in self.wanted(is_bounded):
            with self.case(words):
                before = self.written()
                said = self.run_it(self.words_for(with_short_interval(words), target))
                if words[0] == "record":
                    self.assertEqual(len(self.written() - before), int(words[words.index("--count") + 1]))
                else:
                    self.assertIn(TABLE, said)

    def test_what_has_no_end_goes_on_until_it_is_ended(self) -> None:
        target = self.app()
        for words in self.wanted(is_endless):
            with self.case(words):
                before = self.written()
                running = self.run_on(*self.words_for(words, target))
                wait_until(lambda: code_differences(target.pid) > 0, "it is attached")
                time.sleep(1)
                self.assertIsNone(running.process.poll())
                running.send(signal.SIGINT)
                self.assertEqual(running.wait(), INTERRUPTED, running.err)
                if words[0] == "record":
                    self.assertEqual(len(self.written() - before), 1)
                else:
                    self.assertIn(TABLE, running.out)

    def test_processes_are_listed(self) -> None:
        target = self.app()
        for words in self.wanted(is_ps):
            with self.case(words):
                self.assertIn(str(target.pid), self.run_it(words))


def is_start(words: list) -> bool:
    return words[0] == "start"


def is_of_a_session(words: list) -> bool:
    return words[0] in ("status", "snapshot", "clear", "reset-peak", "filter")


def is_object(words: list) -> bool:
    return words[0] == "object"


def is_stop(words: list) -> bool:
    return words[0] == "stop"


def is_program(words: list) -> bool:
    return "--" in words


def is_bounded(words: list) -> bool:
    return is_record_or_view(words) and ("--count" in words or "--once" in words)


def is_endless(words: list) -> bool:
    return is_record_or_view(words) and not is_bounded(words)


def is_record_or_view(words: list) -> bool:
    return (words[0] == "record" or words[0].startswith("--")) and not is_program(words)


def is_ps(words: list) -> bool:
    return words[0] == "ps"


def with_short_interval(words: list) -> list:
    """One that a test can wait for."""
    return ["0.3s" if before == "--interval" else word for before, word in zip(["", *words], words)]


if __name__ == "__main__":
    main()
