# SPDX-License-Identifier: Apache-2.0
"""What a snapshot writes, and the paths it does not write to; a failed one loses nothing."""
import contextlib
import os
import re
import shutil
import stat
import subprocess
import tracemalloc

from support import (DONE, FAILED, TARGET, USAGE, CommandLineTest, Result, expected, held, main,
                     marked_line, run_tmbpf)
from interpreters import find_interpreters  # after support, which makes it known

COUNT, SIZE = 5000, 700


class OutputFileTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.traced = self.target()
        self.start_session(self.traced.pid)
        self.traced.hold(COUNT, SIZE)

    def path(self, *names: str) -> str:
        return os.path.join(self.directory, *names)

    def write(self, path: str, **options) -> Result:
        return run_tmbpf("snapshot", "--pid", self.traced.pid, "--output", path, **options)

    def assert_written(self, path: str) -> None:
        result = self.write(path)
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual(held(tracemalloc.Snapshot.load(path)), expected(COUNT, SIZE))

    def assert_refused_and_nothing_lost(self, path: str, *words: str) -> None:
        self.assert_refused(self.write(path), FAILED, path, *words)
        self.assert_written(self.path("good.pickle"))

    def assert_no_leftovers(self, directory: str, *names: str) -> None:
        self.assertEqual(sorted(os.listdir(directory)), sorted(names))

    def test_the_pickle_names_the_leaking_line_first(self) -> None:
        snapshot = self.snapshot(self.traced.pid)
        first = snapshot.statistics("lineno")[0]
        frame = first.traceback[0]
        self.assertEqual((frame.filename, frame.lineno), (TARGET, marked_line("held")))
        self.assertEqual((first.size, first.count), expected(COUNT, SIZE))
        self.assertEqual(snapshot.traceback_limit, 10)
        self.assertEqual((snapshot.tmbpf["pid"], snapshot.tmbpf["mode"], snapshot.tmbpf["state"]),
                         (self.traced.pid, "exact", "running"))
        self.assertEqual(snapshot.tmbpf["current"], sum(trace.size for trace in snapshot.traces))

    def test_every_python_since_3_9_loads_the_pickle(self) -> None:
        """3.8's tracemalloc has traces of three fields, without total_nframe."""
        path = self.path("a.pickle")
        self.assert_written(path)
        code = ("import sys, tracemalloc; first = tracemalloc.Snapshot.load(sys.argv[1]).statistics('lineno')[0]; "
                "print(first.size, first.count)")
        readers = [python.path for python in find_interpreters() if python.version >= (3, 9)]
        self.assertTrue(readers)
        for python in readers:
            with self.subTest(python):
                shown = subprocess.run([python, "-c", code, path], capture_output=True, text=True, check=True)
                self.assertEqual(tuple(map(int, shown.stdout.split())), expected(COUNT, SIZE))

    def test_the_pickle_holds_whole_stacks(self) -> None:
        with contextlib.closing(self.target()) as target:
            self.start_session(target.pid, "--frames", "1")
            target.hold(5, 5000)
            for trace in self.snapshot(target.pid).traces:
                self.assertEqual(len(trace.traceback), 1)
        traces = [trace for trace in self.snapshot(self.traced.pid).traces if trace.size == expected(1, SIZE)[0]]
        stacks = {tuple(frame.filename for frame in trace.traceback) for trace in traces}
        self.assertIn((TARGET,) * 4, stacks)  # <module>, main, do, hold

    def test_an_independent_reader_of_pprof_sees_the_same_totals(self) -> None:
        go = shutil.which("go")
        if go is None:
            self.skipTest("no go: scripts/setup installs golang-go")
        self.assert_written(self.path("a.pickle"))
        self.assertEqual(self.write(self.path("a.pb.gz")).status, DONE)
        snapshot = tracemalloc.Snapshot.load(self.path("a.pickle"))
        totals = {"inuse_space": sum(trace.size for trace in snapshot.traces), "inuse_objects": len(snapshot.traces)}
        blocks = dict(zip(("inuse_space", "inuse_objects"), expected(COUNT, SIZE)))
        for index, total in totals.items():
            with self.subTest(index):
                shown = subprocess.run(
                    [go, "tool", "pprof", "-top", "-unit=B", "-nodefraction=0", f"-sample_index={index}",
                     self.path("a.pb.gz")], capture_output=True, text=True, check=True,
                    env={**os.environ, "HOME": self.directory, "PPROF_TMPDIR": self.directory}).stdout
                self.assertRegex(shown, rf"(?m)^Showing nodes accounting for {total}B?, 100% of {total}B? total$")
                row = re.search(r"(?m)^ *(\d+)B? .* hold\b", shown)
                self.assertIsNotNone(row, shown)
                # The function's other lines hold the list of slots.
                self.assertGreaterEqual(int(row[1]), blocks[index])
                self.assertLess(int(row[1]), blocks[index] + (1 if index == "inuse_objects" else 0) + 8 * COUNT + 100)

    def test_files_are_for_the_owner_alone(self) -> None:
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        for name in ("a.pickle", "a.pb.gz"):
            self.assertEqual(self.write(self.path(name)).status, DONE)
            self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode), 0o600)
        self.assert_no_leftovers(self.directory, "a.pickle", "a.pb.gz")

    def test_an_earlier_file_is_replaced_with_all_its_rights(self) -> None:
        path = self.path("a.pickle")
        with open(path, "w", encoding="utf-8") as file:
            file.write("old")
        os.chmod(path, 0o644)
        self.assert_written(path)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assert_no_leftovers(self.directory, "a.pickle")

    def test_a_relative_path_is_from_where_the_command_runs(self) -> None:
        self.assertEqual(self.write("a.pickle", cwd=self.directory).status, DONE)
        self.assertEqual(held(tracemalloc.Snapshot.load(self.path("a.pickle"))), expected(COUNT, SIZE))

    def test_a_missing_directory_is_named(self) -> None:
        self.assert_refused_and_nothing_lost(self.path("missing", "a.pickle"), "No such file", "Create the directory")

    def test_a_directory_at_the_path_is_refused(self) -> None:
        os.mkdir(self.path("a.pickle"))
        self.assert_refused_and_nothing_lost(self.path("a.pickle"), "is a directory")

    def test_a_symlink_is_not_followed(self) -> None:
        aim = self.path("aim.pickle")
        with open(aim, "w", encoding="utf-8") as file:
            file.write("precious")
        os.symlink(aim, self.path("a.pickle"))
        self.assert_refused_and_nothing_lost(self.path("a.pickle"), "symlink", "Name the file itself")
        os.symlink(self.path("nowhere.pickle"), self.path("b.pickle"))
        self.assert_refused_and_nothing_lost(self.path("b.pickle"), "symlink")
        with open(aim, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")
        self.assertFalse(os.path.exists(self.path("nowhere.pickle")))

    def test_what_is_no_regular_file_is_refused(self) -> None:
        os.mkfifo(self.path("a.pickle"))
        self.assert_refused_and_nothing_lost(self.path("a.pickle"), "not a regular file")

    def test_an_unknown_extension_is_refused_with_the_known_ones(self) -> None:
        self.assert_refused(self.write(self.path("a.txt")), USAGE, ".pickle", ".pb.gz")
        self.assert_no_leftovers(self.directory)

    def test_a_read_only_file_system_is_said(self) -> None:
        place = self.mounted("ro")
        self.assert_refused_and_nothing_lost(os.path.join(place, "a.pickle"), "Read-only file system")

    def test_a_full_disk_leaves_the_earlier_file_and_the_session_intact(self) -> None:
        place = self.mounted("size=16k")  # the snapshot takes some hundred
        path = os.path.join(place, "a.pickle")
        with open(path, "w", encoding="utf-8") as file:
            file.write("earlier")
        self.assert_refused_and_nothing_lost(path, "No space left", "Make room")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "earlier")
        self.assert_no_leftovers(place, "a.pickle")
        self.traced.hold(10, 90000)
        self.assertEqual(self.status(self.traced.pid)["lost"], 0)


if __name__ == "__main__":
    main()
