# SPDX-License-Identifier: Apache-2.0
"""Words that the command line does not know. Needs no root: all is refused before anything is done."""
import os

from support import DONE, USAGE, CommandLineTest, main, run_tmbpf


class UsageTest(CommandLineTest):
    needs_root = False

    def assert_usage(self, words: list, *named: str) -> None:
        with self.subTest(" ".join(words)):
            result = run_tmbpf(*words)
            self.assert_refused(result, USAGE, *named)
            self.assertEqual(result.out, "")

    def test_without_arguments_it_says_what_to_give(self) -> None:
        self.assert_usage([], "--pid", "-- PROGRAM", "--help")

    def test_an_empty_program_is_nothing_to_trace(self) -> None:
        self.assert_usage(["--"], "nothing to trace", "--help")

    def test_a_pid_and_a_program_exclude_each_other(self) -> None:
        self.assert_usage(["--pid", "1", "--", "python3"], "both --pid and a program")

    def test_unknown_words_are_named(self) -> None:
        self.assert_usage(["bogus"], "bogus", "--help")
        self.assert_usage(["--bogus", "--pid", "1"], "--bogus", "--help")
        self.assert_usage(["start", "--pid", "1", "--bogus"], "--bogus", "--help")

    def test_a_pid_is_a_positive_number(self) -> None:
        for value in ("abc", "0", "-5", "1.5", "99999999999999999999"):
            self.assert_usage(["--pid", value], "--pid", value, "2147483647", "--help")

    def test_a_mode_that_is_not_there_is_refused_with_the_list(self) -> None:
        for mode in ("automatic", "half", ""):
            self.assert_usage(["--pid", "1", "--mode", mode], "--mode", "auto", "exact", "live", "sampled")

    def test_a_budget_that_cannot_be_kept_is_refused(self) -> None:
        for mode in ("exact", "live"):
            self.assert_usage(["--pid", "1", "--mode", mode, "--max-slowdown", "10"], "--max-slowdown", mode, "none",
                              "sampled")
        self.assert_usage(["--pid", "1", "--mode", "sampled", "--max-slowdown", "none"], "none", "sampled", "percentage")
        for budget in ("0", "-1", "101", "10 %", "few", ""):
            self.assert_usage(["--pid", "1", "--mode", "sampled", "--max-slowdown", budget], "--max-slowdown", "none",
                              "0.1 to 100")

    def test_numbers_out_of_range_are_refused_with_the_range(self) -> None:
        self.assert_usage(["--pid", "1", "--frames", "0"], "--frames", "1 to 128")
        self.assert_usage(["--pid", "1", "--frames", "129"], "--frames", "1 to 128")
        self.assert_usage(["start", "--pid", "1", "--frames", "129"], "--frames", "1 to 128")
        self.assert_usage(["--pid", "1", "--max-traces", "0"], "--max-traces")
        self.assert_usage(["--pid", "1", "--interval", "0"], "--interval")
        self.assert_usage(["--pid", "1", "--duration", "-1"], "--duration")
        self.assert_usage(["--pid", "1", "--limit", "0"], "--limit")

    def test_a_missing_value_is_named(self) -> None:
        self.assert_usage(["--pid"], "--pid")
        for command in ("start", "status", "stop"):
            self.assert_usage([command], "--pid")
        self.assert_usage(["snapshot", "--pid", "1"], "--output")

    def test_an_extension_that_names_no_format_is_refused_with_the_list(self) -> None:
        for name in ("a.txt", "a", "a.pickle.gz", "a.pb"):
            self.assert_usage(["snapshot", "--pid", "1", "--output", os.path.join(self.directory, name)],
                              name, ".pickle", ".pb.gz")

    def test_help_and_version_go_to_stdout(self) -> None:
        text = run_tmbpf("--help")
        self.assertEqual((text.status, text.err), (DONE, ""))
        for word in ("--pid", "--frames", "--mode", "--max-slowdown", "--max-traces", "--once", "--duration",
                     "start", "snapshot", "status", "stop", "check", "Exit status"):
            self.assertIn(word, text.out)
        version = run_tmbpf("--version")
        self.assertEqual((version.status, version.err), (DONE, ""))
        self.assertRegex(version.out, r"^tmbpf \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    main()
