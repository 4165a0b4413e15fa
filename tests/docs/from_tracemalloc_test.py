# SPDX-License-Identifier: Apache-2.0
"""Each command of docs/from-tracemalloc.md, on snapshots of a real program, against Python's own tracemalloc.

TMBPF is the path of tmbpf. A test takes those of the page's commands that have to do with its subject.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Callable

import doc_page
import python_text
import python_view
import snapshot_files
import view_options
import written_files

TMBPF = os.environ.get("TMBPF", "tmbpf")


def is_view(words: list) -> bool:
    return words[0] in ("stats", "diff")


def with_any(*options: str) -> Callable[[list], bool]:
    return lambda words: is_view(words) and any(word in options for word in words)


SUBJECTS = {
    "test_text_is_what_python_computes": lambda words: is_view(words) and "--json" not in words,
    "test_json_has_the_numbers_of_python": with_any("--json"),
    "test_groups_are_those_of_python": with_any("--group-by", "--cumulative"),
    "test_differences_are_those_of_python": lambda words: words[0] == "diff",
    "test_filters_keep_what_python_keeps":
        with_any("--include", "--exclude", "--all-frames", "--domain", "--exclude-domain"),
    "test_a_block_is_found_by_its_address": with_any("--block"),
    "test_order_and_limit_are_those_of_python": with_any("--sort", "--limit"),
    "test_parts_are_hidden_and_colored": with_any("--hide", "--filename-parts", "--color"),
    "test_snapshots_are_compared_with_the_one_before_or_the_first":
        lambda words: words[0] == "stats" and len(files_of(words)) > 1,
    "test_files_of_2013_are_read": lambda words: is_view(words) and files_of(words)[0].startswith("trace"),
    "test_conversions_keep_every_trace_that_is_wanted": lambda words: words[0] == "convert",
    "test_reports_have_the_numbers_of_python": lambda words: words[0] == "report",
    "test_the_version_is_told": lambda words: words[0] == "--version",
}


def runs(test: str, words: list) -> bool:
    return test in SUBJECTS and SUBJECTS[test](words)


def files_of(words: list) -> list:
    return view_options.parse(words).files


class FromTracemallocTest(unittest.TestCase):
    maxDiff = 5000

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        programs = os.path.join(cls.folder, "bin")
        os.mkdir(programs)
        os.symlink(os.path.realpath(shutil.which(TMBPF)), os.path.join(programs, "tmbpf"))
        cls.environment = {**os.environ, "PATH": programs + os.pathsep + os.environ["PATH"]}
        cls.tmbpf = os.path.join(programs, "tmbpf")
        cls.equal = {}  # what tmbpf said, by command, once it was found to be right
        snapshot_files.write_all(cls.folder, cls.tmbpf)

    def setUp(self) -> None:
        self.commands = [words for words in doc_page.commands() if runs(self._testMethodName, words)]
        self.assertTrue(self.commands)

    def run_tmbpf(self, words: list) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(["tmbpf", *words], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def text_of(self, words: list) -> str:
        """What a view prints: Python's sums in tmbpf's words."""
        printed = self.run_tmbpf(words).stdout
        expected = python_text.text_of(self.folder, view_options.parse(words))
        self.assertEqual(re.sub("\x1b\\[[0-9;]*m", "", printed), expected)
        return printed

    def json_of(self, words: list) -> list:
        """Likewise, an object for each file."""
        lines = self.run_tmbpf([*words, *(["--json"] if "--json" not in words else [])]).stdout.splitlines()
        documents = [json.loads(line) for line in lines]
        self.assertEqual([document["statistics"] for document in documents],
                         python_text.json_of(self.folder, view_options.parse(words)))
        return documents

    def compared(self) -> list:
        """Options, objects and text of each command of the subject; the text is "" with --json."""
        result = []
        for words in self.commands:
            key = tuple(words)
            with self.subTest(" ".join(["tmbpf", *words])):
                if key not in self.equal:
                    self.equal[key] = self.json_of(words), "" if "--json" in words else self.text_of(words)
                result.append((view_options.parse(words), *self.equal[key]))
        return result

    def test_text_is_what_python_computes(self) -> None:
        for options, documents, printed in self.compared():
            self.assertEqual(len(re.findall("(?m)^#", printed)),
                             sum(len(document["statistics"]) for document in documents), options)

    def test_json_has_the_numbers_of_python(self) -> None:
        for options, documents, _ in self.compared():
            self.assertTrue(options.json)
            for name, document in zip(options.files, documents):
                facts = python_view.load(os.path.join(self.folder, name))[1]
                for key in ("timestamp", "pid", "process_memory"):
                    self.assertEqual(document["metadata"].get(key), facts.get(key))

    def test_groups_are_those_of_python(self) -> None:
        seen = set()
        for options, documents, _ in self.compared():
            seen.add((options.group_by, options.cumulative, options.command))
            longest = max(len(row["traceback"]) for document in documents for row in document["statistics"])
            self.assertEqual(longest > 1, options.group_by == "traceback")
        for command in ("stats", "diff"):
            self.assertLessEqual({("traceback", False, command), ("filename", True, command)}, seen)
        self.assertLessEqual({("lineno", False, "stats"), ("filename", False, "stats"),
                              ("lineno", True, "stats")}, seen)

    def test_differences_are_those_of_python(self) -> None:
        for _, documents, _ in self.compared():
            changes = [row["size_diff"] for document in documents for row in document["statistics"]]
            self.assertTrue(any(changes))

    def test_filters_keep_what_python_keeps(self) -> None:
        for options, documents, _ in self.compared():
            self.assertTrue(documents[-1]["statistics"])
            for view, _ in python_view.open_views(self.folder, options):
                self.assertGreater(min(view.sums), 0)
                self.assertGreater(min(view.hidden), 0)

    def test_a_block_is_found_by_its_address(self) -> None:
        blocks = set()
        for _, documents, _ in self.compared():
            row, = documents[0]["statistics"]
            self.assertEqual(row["count"], 1)
            blocks.add(json.dumps(row))
        self.assertTrue(blocks)

    def test_order_and_limit_are_those_of_python(self) -> None:
        orders, limits = set(), set()
        for options, documents, printed in self.compared():
            orders.add(options.sort)
            limits.add(options.limit)
            for document in documents:
                self.assertLessEqual(len(document["statistics"]), options.limit or len(document["statistics"]))
            if printed and options.limit:
                self.assertRegex(printed, r"(?m)^[\d,]+ more: ")
        self.assertLessEqual({"size", "count", "average", "size-diff", "count-diff"}, orders)
        self.assertIn(0, limits)

    def test_parts_are_hidden_and_colored(self) -> None:
        seen = set()
        for options, _, printed in self.compared():
            seen.update(options.hide)
            lines = re.findall("(?m)^#.*$", printed)
            for name in {"size", "count", "average"} & set(options.hide):
                self.assertNotIn(f"{name}=", "".join(lines))
            self.assertEqual("\x1b[" in printed, options.color == "always")
        self.assertEqual(seen, {"size", "count", "average", "metrics"})

    def test_snapshots_are_compared_with_the_one_before_or_the_first(self) -> None:
        firsts = set()
        for options, documents, printed in self.compared():
            firsts.add(options.first)
            names = sorted(set(options.files), key=options.files.index)
            if names[0].startswith("trace"):
                names.sort()
            self.assertEqual(len(documents), len(names))
            compared = re.findall(r"\(compared to ([^)\[ ]+)", printed)
            self.assertEqual(compared, [names[0]] * (len(names) - 1) if options.first else names[:-1])
            self.assertTrue(printed.endswith(f"\n{len(names)} snapshots\n"))
        self.assertEqual(firsts, {False, True})

    def test_files_of_2013_are_read(self) -> None:
        for options, documents, printed in self.compared():
            metrics = printed and "metrics" not in options.hide
            for what in ("Total process memory: ", "Entries: ", "Shop memory: "):
                self.assertEqual(printed.count(what), len(documents) if metrics else 0)
            if metrics and len(documents) > 1:
                self.assertRegex(printed, r"(?m)^Shop memory: \S+ KiB \(\+\S+ \w+\)$")
            pids = {document["metadata"]["pid"] for document in documents}
            warning = f"tmbpf: warning: snapshots of different processes: {', '.join(map(str, sorted(pids)))}\n"
            words = [options.command, *options.files]
            self.assertEqual(self.run_tmbpf(words).stderr, warning if len(pids) > 1 else "")

    def test_conversions_keep_every_trace_that_is_wanted(self) -> None:
        for words in self.commands:
            with self.subTest(" ".join(["tmbpf", *words])):
                options = view_options.parse(words)
                expected = python_view.open_view(self.folder, options.files[0], options).snapshot
                path = os.path.join(self.folder, options.files[1])
                said = self.run_tmbpf(words).stdout
                self.assertRegex(said, rf"^{re.escape(options.files[1])}: \d+ traces\n$")
                if path.endswith(".pickle"):
                    written_files.require_pickle(path, expected, options.pickle_compat)
                elif path.endswith(".pb.gz"):
                    written_files.require_profile(self.tmbpf, path, expected)
                else:
                    convert = [self.tmbpf, *words[:-2], os.path.join(self.folder, options.files[0])]
                    written_files.require_for_others(convert, path, expected)

    def test_reports_have_the_numbers_of_python(self) -> None:
        for words in self.commands:
            with self.subTest(" ".join(["tmbpf", *words])):
                *origins, written = [os.path.join(self.folder, name) for name in words[1:]]
                self.run_tmbpf(words)
                written_files.require_report(written, origins[::-1])

    def test_the_version_is_told(self) -> None:
        for words in self.commands:
            self.assertRegex(self.run_tmbpf(words).stdout, r"^tmbpf \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
