# SPDX-License-Identifier: Apache-2.0
"""docs/from-tracemalloc.md names only what exists: tests, C++ functions, links, CPython's cases."""
import ast
import os
import re
import subprocess
import sys
import unittest

import doc_page
import from_tracemalloc_test

CLASSES = {"TestTraceback", "TestTracemallocEnabled", "TestSnapshot", "TestFilters", "TestCommandLine", "TestCAPI"}
# What the live tests share, which has words of the commands that they run.
SHARED = ("support.py", "recording.py", "family.py", "cases.py")


def cplusplus_tests() -> set:
    """Suite.Name of every test."""
    return {f"{suite}.{name}" for path in doc_page.sources("tests", ".cpp")
            for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", doc_page.read(path), re.M)}


def python_tests() -> set:
    """File.py: name of every method; without the file for those that run the commands."""
    found = {f"{os.path.basename(path)}: {name}" for path in doc_page.sources("tests", "_test.py")
             for name in re.findall(r"^    def (test_\w+)\(self", doc_page.read(path), re.M)}
    return found | {test.removeprefix("from_tracemalloc_test.py: ") for test in found}


def pythons() -> list:
    """Of this machine, which may have CPython's own tests."""
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import interpreters\n"
            "print('\\n'.join(each.path for each in interpreters.find_interpreters()))")
    oracle = os.path.join(doc_page.ROOT, "tests", "oracle")
    done = subprocess.run([sys.executable, "-B", "-c", code, oracle], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def literals_of(path: str) -> set:
    """The strings of a Python file."""
    return {node.value for node in ast.walk(ast.parse(doc_page.read(path)))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}


class PageTest(unittest.TestCase):
    maxDiff = None

    def test_every_test_that_is_named_exists(self) -> None:
        named = [name for entry in doc_page.entries() + doc_page.live_entries() for name in entry.test_names]
        named += [name for names in doc_page.cpython_cases().values() for name in names]
        self.assertGreater(len(set(named)), 50)
        self.assertEqual(sorted(set(named) - cplusplus_tests() - python_tests()), [])

    def test_every_row_has_a_test_or_says_what_is_missing(self) -> None:
        self.assertGreater(len(doc_page.entries()), 90)
        for entry in doc_page.entries():
            with self.subTest(entry.then):
                self.assertTrue(entry.missing or entry.commands or entry.cplusplus_names)
                self.assertTrue(entry.missing or entry.test_names)

    def test_each_command_is_compared_by_a_test_that_its_row_names(self) -> None:
        for entry in doc_page.entries():
            for words in entry.commands:
                with self.subTest(" ".join(words)):
                    tests = [name for name in entry.test_names if from_tracemalloc_test.runs(name, words)]
                    self.assertTrue(tests, f"none of {entry.test_names} runs it")

    def test_no_named_test_runs_nothing_of_its_row(self) -> None:
        for entry in doc_page.entries():
            for name in set(entry.test_names) & set(from_tracemalloc_test.SUBJECTS):
                with self.subTest(entry.then, test=name):
                    self.assertTrue(any(from_tracemalloc_test.runs(name, words) for words in entry.commands))

    def test_every_live_row_has_a_live_test_or_says_why_not(self) -> None:
        self.assertGreater(len(doc_page.live_entries()), 40)
        for entry in doc_page.live_entries():
            with self.subTest(entry.then):
                self.assertEqual(bool(entry.commands and entry.test_names), not entry.missing)
                self.assertTrue(entry.remark or not entry.missing)
                for name in entry.test_names:
                    self.assertTrue(os.path.exists(self.live_path(name.split(":")[0])), name)

    def test_the_live_tests_of_a_row_use_the_options_of_its_commands(self) -> None:
        for entry in doc_page.live_entries():
            files = {name.split(":")[0] for name in entry.test_names} | set(SHARED)
            literals = {literal for file in files for literal in literals_of(self.live_path(file))}
            for words in entry.commands:
                own = words[:words.index("--")] if "--" in words else words
                with self.subTest(" ".join(words)):
                    options = {word for word in own if word.startswith("--")}
                    self.assertEqual(options - literals, set(), files)
                    self.assertTrue(own[0].startswith("-") or own[0] in literals, own[0])

    @staticmethod
    def live_path(name: str) -> str:
        return os.path.join(doc_page.ROOT, "tests", "live", "command_line", name)

    def test_every_name_of_the_library_is_in_its_headers(self) -> None:
        headers = "\n".join(map(doc_page.read, doc_page.sources("userspace/model", ".h")
                                + doc_page.sources("userspace/files", ".h")))
        names = {name for entry in doc_page.entries() for name in entry.cplusplus_names}
        self.assertGreater(len(names), 15)
        for name in sorted(names):
            for word in name.removesuffix("()").split("::"):
                ending = r"\(" if name.endswith("()") and name.removesuffix("()").endswith(word) else r"\b"
                self.assertRegex(headers, rf"\b{word}{ending}", name)

    def test_every_link_leads_somewhere(self) -> None:
        links = re.findall(r"\]\(([^)#:]+)\)", doc_page.read(doc_page.PAGE))
        self.assertTrue(links)
        for link in links:
            self.assertTrue(os.path.exists(os.path.join(os.path.dirname(doc_page.PAGE), link)), link)

    def test_every_case_of_each_cpython_is_listed(self) -> None:
        listed = set(doc_page.cpython_cases())
        for python in pythons():
            path = self.cases_of(python)
            if path:
                with self.subTest(path):
                    self.assertEqual(self.methods(path) - listed, set())

    @staticmethod
    def cases_of(python: str) -> str:
        """The path of its test_tracemalloc.py, "" when it is not installed."""
        code = "import os; folder = os.path.dirname(os.__file__); print(folder + '/test/test_tracemalloc.py')"
        done = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip() if os.path.exists(done.stdout.strip()) else ""

    @staticmethod
    def methods(path: str) -> set:
        return {f"{case.name}.{method.name}" for case in ast.parse(doc_page.read(path)).body
                if isinstance(case, ast.ClassDef) and case.name in CLASSES for method in case.body
                if isinstance(method, ast.FunctionDef) and method.name.startswith("test_")}


if __name__ == "__main__":
    unittest.main()
