# SPDX-License-Identifier: Apache-2.0
"""`tmbpf record`: when it writes, what it keeps, and what becomes of a recording that goes wrong."""
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import time

from code_differences import code_differences
from family import FamilyTarget, children_of
from recording import COUNT, SIZE, RecordTest
from support import (DONE, FAILED, NO_TARGET, TARGET, USAGE, expected, held, main, run_tmbpf, supported_pythons,
                     wait_until)

ENDS = (("kill", "ended"), ("exit", "ended"), ("execute", "executed a new program"))


class ScheduleTest(RecordTest):
    def test_it_writes_a_file_each_interval_until_it_has_so_many(self) -> None:
        begin = time.monotonic()
        running = self.start("--interval", "0.5s", "--count", 4)
        self.wait_for("a-0001.pickle")
        self.hold()
        self.assertEqual(running.wait(), DONE)
        self.assertGreater(time.monotonic() - begin, 2)
        self.assertEqual(self.files(), [f"a-000{i}.pickle" for i in range(1, 5)])
        self.assert_last_holds("a-0004.pickle")
        lines = running.out.splitlines()
        self.assertRegex(lines[3], r"/a-0004\.pickle: \d+ traces, [\d.]+ KiB traced, RSS [\d.]+ [KM]iB$")
        self.assertEqual((lines[4:], running.err), (["4 files written"], ""))
        times = [self.load(name).tmbpf["time"] for name in self.files()]
        for earlier, later in zip(times, times[1:]):
            self.assertAlmostEqual(later - earlier, 0.5, delta=0.25)
        self.assert_free(self.traced)

    def test_it_writes_when_traced_memory_has_grown(self) -> None:
        running = self.start("--threshold", "1M")
        wait_until(lambda: code_differences(self.traced.pid) > 0, "the probes are there")
        time.sleep(1)
        self.hold(100, SIZE)
        time.sleep(0.5)
        self.assertEqual(self.files(), [])
        self.hold(2000, SIZE)
        self.wait_for("a-0001.pickle")
        self.hold(200, SIZE)
        time.sleep(0.5)
        self.assertEqual(self.files(), ["a-0001.pickle"])
        self.hold(2000, SIZE)
        self.wait_for("a-0002.pickle")
        self.interrupt(running)
        self.assert_last_holds("a-0003.pickle", blocks=expected(4300, SIZE))

    def test_it_ends_after_its_duration_with_a_last_snapshot(self) -> None:
        self.assert_done(self.record("--interval", "1h", "--duration", "0.5s"))
        self.assertEqual(self.files(), ["a-0001.pickle"])

    def test_quietly_it_prints_nothing(self) -> None:
        result = self.record("--interval", "0.2s", "--count", 2, "--quiet")
        self.assert_done(result)
        self.assertEqual((result.out, len(self.files())), ("", 2))

    def test_a_reader_of_its_lines_that_goes_away_changes_nothing(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with subprocess.Popen([os.environ["TMBPF"], *map(str, self.words("--interval", "0.2s", "--count", 3))],
                              stdout=writer, stderr=subprocess.PIPE, text=True) as process:
            os.close(writer)
            err = process.communicate(timeout=30)[1]
        self.assertEqual((process.returncode, len(self.files())), (DONE, 3))
        self.assertEqual(err.count("cannot print any more"), 1)


class NamesTest(RecordTest):
    def test_without_a_name_the_files_are_in_the_current_folder(self) -> None:
        result = run_tmbpf("record", "--pid", self.traced.pid, "--interval", "0.2s", "--count", 2, cwd=self.folder)
        self.assert_done(result)
        self.assertEqual(self.files(), [f"tmbpf-{self.traced.pid}-000{i}.pb.gz" for i in (1, 2)])

    def test_the_counter_goes_on_after_the_files_that_exist(self) -> None:
        for name in ("a-0007.pickle", "a-0003.pickle", "b-0050.pickle", "a-0090.json"):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write("earlier")
        result = self.record("--interval", "0.2s", "--count", 2)
        self.assert_done(result)
        self.assertIn("a-0007.pickle exist: going on after them", result.out)
        self.assertEqual(self.files(), ["a-0003.pickle", "a-0007.pickle", "a-0008.pickle", "a-0009.pickle",
                                        "a-0090.json", "b-0050.pickle"])
        with open(self.path("a-0007.pickle"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "earlier")

    def test_two_snapshots_of_one_second_have_two_names(self) -> None:
        self.assert_done(self.record("--interval", "0.1s", "--count", 5, output="$timestamp.pickle"))
        self.assertEqual(len(self.files()), 5)

    def test_names_that_would_overwrite_or_mix_are_refused(self) -> None:
        with open(self.path("there.pickle"), "w", encoding="utf-8") as file:
            file.write("earlier")
        for output, options, words in (
                ("a.pickle", (), ("overwrite the last", "$counter", "--overwrite")),
                ("a.pickle", ("--count", 2), ("overwrite the last",)),
                ("there.pickle", ("--count", 1), ("exists", "--overwrite")),
                ("a-$counter.pickle", ("--follow",), ("cannot share", "$pid")),
                ("$counter/a.pickle", (), ("folder",)),
                ("a-$count.pickle", (), ("unknown word",)),
                ("a-$counter.txt", (), ("no known format",))):
            with self.subTest(output=output, options=options):
                self.assert_refused(self.record(*options, output=output), USAGE, *words)
        self.assert_refused(self.record(output="missing/$counter.pickle"), FAILED, "No such file")
        self.assertEqual(self.files(), ["there.pickle"])
        self.assert_free(self.traced)

    def test_one_name_may_be_overwritten_if_that_is_wanted(self) -> None:
        running = self.start("--interval", "0.2s", "--count", 8, "--overwrite", output="now.pickle")
        self.wait_for("now.pickle")
        self.hold()
        self.assertEqual(running.wait(), DONE, running.err)
        self.assert_last_holds("now.pickle")
        self.assertIn("8 files written", running.out)

    def test_times_and_sizes_that_make_no_sense_are_refused(self) -> None:
        for options in (("--interval", "0"), ("--interval", "soon"), ("--threshold", "0"), ("--threshold", "10Q"),
                        ("--count", 0), ("--keep", 0), ("--max-disk", "-1M"), ("--duration", "-1")):
            with self.subTest(options):
                self.assert_refused(self.record(*options), USAGE)
        self.assert_refused(run_tmbpf("record"), USAGE, "nothing to record")
        self.assert_refused(run_tmbpf("record", "--pid", self.traced.pid, "--", "true"), USAGE, "both")

    def test_a_target_that_has_a_session_is_refused_with_what_to_do(self) -> None:
        self.start_session(self.traced.pid)
        self.assert_refused(self.record(), FAILED, "already traced", f"tmbpf stop --pid {self.traced.pid}")
        self.assertEqual(self.files(), [])


class RetentionTest(RecordTest):
    def test_only_the_last_files_of_the_run_are_kept(self) -> None:
        with open(self.path("a-0001.pickle"), "w", encoding="utf-8") as file:
            file.write("of an earlier run")
        result = self.record("--interval", "0.2s", "--count", 5, "--keep", 2)
        self.assert_done(result)
        self.assertEqual(self.files(), ["a-0001.pickle", "a-0005.pickle", "a-0006.pickle"])
        self.assertIn("5 files written, the 3 oldest deleted", result.out)

    def test_the_files_of_the_run_take_no_more_than_allowed(self) -> None:
        self.hold()
        self.assert_done(self.record("--interval", "0.3s", "--count", 1))
        size = os.path.getsize(self.path("a-0001.pickle"))
        os.unlink(self.path("a-0001.pickle"))
        self.assert_done(self.record("--interval", "0.2s", "--count", 6, "--max-disk", int(2.5 * size)))
        self.assertLessEqual(sum(os.path.getsize(self.path(name)) for name in self.files()), 2.5 * size)
        self.assertEqual(self.files()[-1], "a-0006.pickle")
        self.assertIn(len(self.files()), (1, 2))

    def test_a_file_that_is_larger_than_all_may_be_is_not_kept(self) -> None:
        result = self.record("--interval", "0.2s", "--count", 2, "--max-disk", "100")
        self.assert_refused(result, FAILED, "is not kept", "--max-disk", "0 files written, 2 not")
        self.assertEqual(self.files(), [])


class FailureTest(RecordTest):
    def test_a_full_disk_is_told_and_the_job_goes_on(self) -> None:
        place = self.mounted("size=16k")
        self.hold()
        self.folder = place
        running = self.start("--interval", "0.3s")
        wait_until(lambda: running.err.count("No space left") >= 2, "the disk is full", 20)
        before = self.files()
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        wait_until(lambda: len(self.files()) > len(before), "a file is written", 20)
        running.send(signal.SIGTERM)
        self.assertEqual(running.wait(), FAILED)
        for name in self.files():
            self.load(name)
        self.assertRegex(running.err, r"error: \d+ files written, \d+ not\n")

    def test_a_folder_that_goes_away_is_told_and_the_job_goes_on(self) -> None:
        running = self.start("--interval", "0.3s")
        self.wait_for("a-0001.pickle")
        shutil.rmtree(self.folder)
        wait_until(lambda: "Create the directory first" in running.err, "it is missed", 20)
        os.mkdir(self.folder)
        wait_until(self.files, "a file is written", 20)
        running.send(signal.SIGINT)
        self.assertEqual(running.wait(), FAILED)
        self.assertEqual(held(self.load(self.files()[-1])), (0, 0))


class EndTest(RecordTest):
    def test_signals_end_it_with_a_last_snapshot(self) -> None:
        for i, number in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)):
            with self.subTest(number.name):
                running = self.start("--interval", "1h", output=f"{i}-$counter.pickle")
                wait_until(lambda: code_differences(self.traced.pid) > 0, "the probes are there")
                time.sleep(0.5)
                self.hold()
                self.interrupt(running, number)
                self.assert_last_holds(f"{i}-0001.pickle")
                self.assert_free(self.traced)

    def test_a_target_that_ends_leaves_a_last_snapshot(self) -> None:
        for python, (way, state) in zip(itertools.cycle(supported_pythons()[::2]), ENDS):
            with self.subTest(python, way=way), contextlib.closing(self.target(python)) as target:
                running = self.start("--interval", "0.3s", pid=target.pid, output="$pid-$counter.pickle")
                self.wait_for(f"{target.pid}-0001.pickle")
                target.hold(COUNT, SIZE)
                if way == "kill":
                    target.end()
                elif way == "exit":
                    target.send("exit 0")
                else:
                    self.assertEqual(target.ask(f"execute {python} -S {TARGET}"), "ready")
                self.assertEqual(running.wait(), NO_TARGET, running.err)
                self.assertIn(f"process {target.pid} {state}; its last file", running.err)
                last = self.load(max(file for file in self.files() if file.startswith(f"{target.pid}-")))
                self.assertEqual((held(last), last.tmbpf["state"]), (expected(COUNT, SIZE), state))
                self.assertNotIn("rss", last.tmbpf)

    def test_a_program_is_recorded_from_its_first_instruction_to_its_end(self) -> None:
        code = "kept = [bytes(700) for i in range(300)]; import time; time.sleep(1); raise SystemExit(7)"
        result = run_tmbpf("record", "--interval", "0.3s", "--output", self.path("p-$pid-$counter.pickle"), "--",
                           supported_pythons()[0], "-S", "-c", code)
        self.assertEqual((result.status, result.out), (7, ""), result.err)
        self.assertGreater(len(self.files()), 2)
        for name in (self.files()[1], self.files()[-1]):
            sizes = {statistic.traceback[0].filename: statistic.size
                     for statistic in self.load(name).statistics("filename")}
            self.assertGreaterEqual(sizes["<string>"], expected(COUNT, SIZE)[0])

    def test_a_program_outlives_the_last_of_its_snapshots(self) -> None:
        result = run_tmbpf("record", "--interval", "0.2s", "--count", 1, "--output", self.path("$counter.pickle"),
                           "--", supported_pythons()[0], "-S", "-c", "import time; time.sleep(1); print('done')")
        self.assertEqual((result.status, result.out), (DONE, "done\n"), result.err)
        self.assertEqual(self.files(), ["0001.pickle"])


class FollowTest(RecordTest):
    def test_each_process_has_its_files_and_a_last_one_at_its_end(self) -> None:
        directory = os.path.join(self.directory, "gates")
        os.mkdir(directory)
        target = self.enterContext(contextlib.closing(FamilyTarget(supported_pythons()[0], directory)))
        running = self.start("--interval", "0.3s", "--follow", pid=target.pid, output="$pid-$counter.pickle")
        self.wait_for(f"{target.pid}-0001.pickle")
        child = target.child("fork", COUNT)
        self.wait_for(f"{child}-0001.pickle")
        target.child("reap", child)
        wait_until(lambda: not children_of(target.pid), "the child is gone")
        count = len([name for name in self.files() if name.startswith(f"{child}-")])
        time.sleep(0.8)
        self.interrupt(running)
        files = [name for name in self.files() if name.startswith(f"{child}-")]
        self.assertLessEqual(len(files), count + 1)
        self.assertEqual(self.load(files[-1]).tmbpf["state"], "ended")
        self.assertEqual(self.load(self.files()[0]).tmbpf["pid"], int(self.files()[0].split("-")[0]))


if __name__ == "__main__":
    main()
