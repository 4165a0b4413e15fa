# SPDX-License-Identifier: Apache-2.0
"""Filters in the tracer: what they leave out, and that this is what filtering afterwards leaves out."""
import collections
import json
import os
import tracemalloc

from support import (DONE, USAGE, CommandLineTest, expected, held, main, marked_line, run_tmbpf,
                     supported_pythons)

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "programs")
PROGRAMS = os.path.normpath(PROGRAMS)
FREE_LISTS = os.path.join(PROGRAMS, "free_lists.py")

Filter = tracemalloc.Filter
WHOLE: dict = {}  # (python, program) -> snapshot


def line_of(text: str, path: str = FREE_LISTS) -> int:
    with open(path, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


def blocks(snapshot: tracemalloc.Snapshot, *filters, least: int = 0) -> collections.Counter:
    """Of what the filters keep: how often which size has which traceback. Only what the program's own
    functions called for: how an interpreter starts and imports differs from run to run."""
    kept = snapshot.filter_traces((Filter(True, f"{PROGRAMS}/*", all_frames=True),))
    kept = kept.filter_traces((Filter(False, "<frozen importlib*", all_frames=True),)).filter_traces(filters)
    return collections.Counter((trace.domain, trace.size, trace.traceback) for trace in kept.traces
                               if trace.size >= least)


class AgainstFilteringAfterwards(CommandLineTest):
    """The same program twice from its first instruction, with and without filters."""

    def final(self, python: str, program: str, *options, frames: int = 25) -> tracemalloc.Snapshot:
        path = os.path.join(self.directory, "final.pickle")
        code = f"import sys; sys.path.insert(0, {PROGRAMS!r}); import {program}; kept = {program}.run()"
        result = run_tmbpf("record", "--interval", "1h", "--quiet", "--overwrite", "--output", path, "--frames",
                           frames, *options, "--", python, "-B", "-S", "-c", code,
                           env={**os.environ, "PYTHONHASHSEED": "0"})
        self.assertEqual(result.status, DONE, result.err)
        self.assertNotIn("tmbpf: ", result.err)
        return tracemalloc.Snapshot.load(path)

    def whole(self, python: str, program: str) -> tracemalloc.Snapshot:
        """Without filters; once for each."""
        if (python, program) not in WHOLE:
            WHOLE[python, program] = self.final(python, program)
        return WHOLE[python, program]

    def compare(self, python: str, program: str, options: tuple, *filters, least: int = 0) -> None:
        """`filters` and `least` say to tracemalloc what `options` say to tmbpf."""
        whole = self.whole(python, program)
        filtered = self.final(python, program, *options)
        wanted, found = blocks(whole, *filters, least=least), blocks(filtered)
        self.assertEqual(blocks(filtered, *filters, least=least), found, "hidden blocks are shown")
        self.assertEqual((found - wanted, wanted - found), ({}, {}), options)
        self.assertGreater(found.total(), 0)
        self.assertLess(found.total(), blocks(whole).total())

    def test_a_program_allocates_the_same_twice(self) -> None:
        python = supported_pythons()[0]
        self.assertEqual(blocks(self.final(python, "stdlib_json")), blocks(self.whole(python, "stdlib_json")))

    def test_files_that_are_excluded_or_included(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                self.compare(python, "stdlib_json", ("--exclude", "*/json/*.py", "--exclude", "<frozen*"),
                             Filter(False, "*/json/*.py"), Filter(False, "<frozen*"))
                self.compare(python, "stdlib_json", ("--include", "*/json/*.py"), Filter(True, "*/json/*.py"))

    def test_a_line_that_fills_free_lists_and_one_that_empties_them(self) -> None:
        gives = line_of("lists = [[] for _ in range(70)]")
        takes = line_of("return [[] for _ in range(60)]")
        for python in supported_pythons():
            with self.subTest(python):
                for line in (gives, takes):
                    self.compare(python, "free_lists", ("--exclude", f"*/free_lists.py:{line}"),
                                 Filter(False, FREE_LISTS, line))
                self.compare(python, "free_lists", ("--include", f"*/free_lists.py:{takes}"),
                             Filter(True, FREE_LISTS, takes))

    def test_callers_and_sizes(self) -> None:
        python = supported_pythons()[0]
        line = line_of("text = json.dumps(documents)", os.path.join(PROGRAMS, "stdlib_json.py"))
        self.compare(python, "stdlib_json", ("--exclude", "*/json/__init__.py", "--all-frames"),
                     Filter(False, "*/json/__init__.py", all_frames=True))
        self.compare(python, "stdlib_json", ("--include", f"*/stdlib_json.py:{line}", "--all-frames"),
                     Filter(True, "*/stdlib_json.py", line, all_frames=True))
        self.compare(python, "stdlib_json", ("--min-size", "200"), least=200)


class FilterCommand(CommandLineTest):
    def answer(self, *words) -> dict:
        result = run_tmbpf(*words, "--json")
        self.assertEqual((result.status, result.err), (DONE, ""))
        return json.loads(result.out)

    def test_filters_are_added_listed_and_cleared_while_the_target_runs(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.start_session(target.pid)
                target.hold(100, 700)
                added = self.answer("filter", "add", "--pid", target.pid, "--exclude", "*/target.py")
                self.assertEqual(added, {"pid": target.pid, "min_size": 0, "filters": [
                    {"inclusive": False, "filename_pattern": "*/target.py", "all_frames": False}]})
                self.assertEqual(self.answer("filter", "list", "--pid", target.pid), added)
                target.hold(200, 700)
                self.assertEqual(held(self.snapshot(target.pid)), expected(100, 700), "what was recorded stays")
                self.assertGreaterEqual(self.status(target.pid)["filtered_blocks"], 200)
                self.assertEqual(self.answer("filter", "clear", "--pid", target.pid)["filters"], [])
                target.hold(300, 700)
                self.assertEqual(held(self.snapshot(target.pid)), expected(400, 700))
                status = self.status(target.pid)
                self.assertEqual((status["filters"], status["coverage"], status["lost"]), ([], 1.0, 0))

    def test_blocks_of_new_code_are_hidden_until_it_is_judged(self) -> None:
        target = self.target()
        self.start_session(target.pid, "--exclude", f"*/target.py:{marked_line('held')}")
        target.hold(20000, 700)
        self.assertEqual(held(self.snapshot(target.pid)), (0, 0))
        totals = self.snapshot(target.pid).statistics("filename")
        status = self.status(target.pid)
        self.assertEqual(status["traced_current"], sum(one.size for one in totals))
        self.assertEqual(status["traces"], sum(one.count for one in totals))
        self.answer("filter", "add", "--pid", target.pid, "--min-size", "10")
        target.hold(100, 700)
        self.assertEqual(held(self.snapshot(target.pid)), (0, 0))
        self.answer("filter", "clear", "--pid", target.pid)
        target.hold(50, 700)
        self.assertEqual(held(self.snapshot(target.pid)), expected(50, 700), "what was hidden stays so")

    def test_filters_that_leave_out_nine_tenths_lower_the_stored_traces_by_nine_tenths(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(1000, 2000)
        before = self.status(target.pid)["traces"]
        run_tmbpf("filter", "add", "--pid", target.pid, "--min-size", "4K")
        target.hold(9000, 2000)
        target.hold(1000, 5000)
        stored = self.status(target.pid)["traces"] - before
        self.assertLess(abs(stored - 1000), 20)

    def test_the_text_names_each_filter_as_the_option_that_makes_it(self) -> None:
        target = self.target()
        self.start_session(target.pid, "--include", "*/shop/*", "--exclude", "*/db.py:77", "--min-size", "4K",
                           "--domain", "0", "--all-frames")
        listed = run_tmbpf("filter", "list", "--pid", target.pid)
        self.assertEqual((listed.status, listed.err), (DONE, ""))
        self.assertEqual(listed.out.splitlines(), [
            f"process {target.pid}: recorded is what these leave",
            "  --include */shop/* --all-frames --domain 0",
            "  --exclude */db.py:77 --all-frames",
            "  --min-size 4096"])
        self.assertIn("  filter --exclude */db.py:77 --all-frames\n", run_tmbpf("status", "--pid", target.pid).out)
        cleared = run_tmbpf("filter", "clear", "--pid", target.pid)
        self.assertEqual(cleared.out, f"process {target.pid}: no filter, every block is recorded\n")

    def test_what_makes_no_sense_is_refused(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        self.assert_refused(run_tmbpf("filter", "add", "--pid", target.pid), USAGE, "no filter to add", "--min-size")
        self.assert_refused(run_tmbpf("filter", "add", "--pid", target.pid, "--min-size", "small"), USAGE)
        self.assertEqual(run_tmbpf("filter", "--pid", target.pid).status, USAGE)
        self.assertEqual(self.answer("filter", "list", "--pid", target.pid)["filters"], [])


if __name__ == "__main__":
    main()
