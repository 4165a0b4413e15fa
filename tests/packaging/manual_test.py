# SPDX-License-Identifier: Apache-2.0
"""The man pages hold what --help says, and no formatter complains about them."""
import glob
import os
import re
import subprocess
import unittest

TMBPF = os.environ["TMBPF"]
FOLDER = os.environ["TMBPF_MANUAL"]


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MAN_KEEP_FORMATTING": ""}
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env=environment)


def help_of(*command: str) -> str:
    return run(TMBPF, *command, "--help").stdout


def commands() -> list:
    """The subcommands, as the program itself lists them."""
    return re.findall(r"^  ([a-z-]+) ", help_of().split("\nSubcommands:\n")[1].split("\n\n")[0], re.M)


def page(*command: str) -> str:
    return os.path.join(FOLDER, "-".join(("tmbpf", *command)) + ".1")


def rendered(*command: str) -> str:
    """As a terminal shows it, words on one line."""
    done = run("man", "--no-hyphenation", "--no-justification", "-l", page(*command))
    assert done.returncode == 0, done.stderr
    return done.stdout


class ManualTest(unittest.TestCase):
    def test_there_is_a_page_for_the_program_and_each_subcommand_and_no_other(self) -> None:
        self.assertIn("stats", commands())
        expected = sorted([page()] + [page(name) for name in commands()])
        self.assertEqual(sorted(glob.glob(os.path.join(FOLDER, "*.1"))), expected)
        self.assertEqual(sorted(glob.glob(os.path.join(FOLDER, "*.1.gz"))), [path + ".gz" for path in expected])

    def test_every_option_that_help_shows_is_in_the_page_with_its_description(self) -> None:
        count = 0
        for command in ((), *((name,) for name in commands())):
            text = rendered(*command)
            words = " ".join(text.split())
            options = re.findall(r"^  (?:-\w,)?(--[\w-]+)(?: .*?)?(?:  +|\n +)(\S.*)$", help_of(*command), re.M)
            self.assertTrue(options)
            for option, description in options:
                with self.subTest(command=command, option=option):
                    self.assertRegex(text, rf"(?m)^ +(-\w, )?{option}( [A-Z]+)?( |$)")
                    self.assertIn(" ".join(description.split()), words)
                    count += 1
        self.assertGreater(count, 50)

    def test_sections_are_where_readers_look_for_them(self) -> None:
        for name in commands():
            sections = re.findall(r"^[A-Z][A-Z ]+$", rendered(name), re.M)
            self.assertEqual(sections[:3], ["NAME", "SYNOPSIS", "DESCRIPTION"], name)
            self.assertEqual(sections[-2:], ["EXIT STATUS", "SEE ALSO"], name)
            self.assertIn("OPTIONS", sections)
        self.assertIn("EXAMPLES", rendered("stats"))
        self.assertIn("FILES", rendered())
        self.assertRegex(rendered(), r"(?m)^ +130 +interrupted$")
        self.assertRegex(rendered("report"), r"tmbpf report \[OPTION\]\.\.\. FILE FILE \[FILE\]")
        self.assertRegex(rendered("start"), r"tmbpf start \{--pid PID \| --name PATTERN\} \[OPTION\]\.\.\.")

    def test_what_is_typed_has_the_dashes_and_quotes_of_the_keyboard(self) -> None:
        self.assertIn("--output '$pid-$counter.pickle'", rendered("snapshot"))
        for name in commands():
            self.assertNotRegex(rendered(name), "[\u2010\u2018\u2019\u2212]", name)

    def test_no_formatter_complains(self) -> None:
        for path in glob.glob(os.path.join(FOLDER, "*.1")):
            for tool in (["groff", "-man", "-Tutf8", "-ww", "-z"], ["mandoc", "-T", "lint", "-W", "style"],
                         ["man", "--warnings", "-l"]):
                done = run(*tool, path)
                said = done.stderr + (done.stdout if tool[0] == "mandoc" else "")
                # mandoc looks up the pages under SEE ALSO in the system's own manual.
                said = "\n".join(line for line in said.splitlines()
                                 if "referenced manual not found" not in line)
                self.assertEqual((done.returncode if tool[0] != "mandoc" else 0, said), (0, ""), path)


if __name__ == "__main__":
    unittest.main()
