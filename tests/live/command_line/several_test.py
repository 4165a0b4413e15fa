# SPDX-License-Identifier: Apache-2.0
"""A command for several processes: each is done, whatever the others do."""
import glob
import json
import os
import subprocess

from named_target import NamedTargetTest
from plain_table import TABLE
from support import DONE, FAILED, NO_TARGET, USAGE, main, run_tmbpf, wait_until

# Its child has the same command line, and ends with it.
PARENT = """
import os
reader, writer = os.pipe()
if os.fork() == 0:
    os.close(writer)
    os.read(reader, 1)
    os._exit(0)
os.write(1, b"ready\\n")
os.read(0, 1)
"""


def pids_of(targets: list) -> list:
    return [word for target in targets for word in ("--pid", target.pid)]


class SeveralTest(NamedTargetTest):
    def setUp(self) -> None:
        super().setUp()
        self.targets = [self.named("one"), self.named("two")]
        self.pids = [target.pid for target in self.targets]
        self.ended = subprocess.Popen(["true"])
        self.ended.wait()

    def start_all(self) -> None:
        for pid in self.pids:
            self.start_session(pid)

    def test_each_is_traced_and_released(self) -> None:
        for words in (["check"], ["start"], ["status"], ["stop"]):
            result = run_tmbpf(*words, *pids_of(self.targets))
            self.assertEqual((result.status, result.err), (DONE, ""))
            self.assertLess(result.out.index(str(self.pids[0])), result.out.index(str(self.pids[1])))
        for target in self.targets:
            self.assert_free(target)

    def test_a_pid_given_twice_counts_once(self) -> None:
        result = run_tmbpf("start", "--pid", self.pids[0], "--pid", self.pids[0])
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertIn("pid", json.loads(run_tmbpf("status", "--json", *["--pid", self.pids[0]] * 2).out))
        self.assertEqual(run_tmbpf("stop", "--pid", self.pids[0]).status, DONE)

    def test_one_that_fails_does_not_keep_the_others_from_being_done(self) -> None:
        for words, word in ((["check"], "tracing would work"), (["start"], "tracing"), (["status"], "coverage"),
                            (["stop"], "no longer traced")):
            with self.subTest(words[0]):
                result = run_tmbpf(*words, "--pid", self.ended.pid, *pids_of(self.targets))
                self.assert_refused(result, NO_TARGET, f"process {self.ended.pid}")
                self.assertEqual(result.err.count("error"), 1)
                for pid in self.pids:
                    self.assertIn(f"process {pid}", result.out)
                self.assertEqual(result.out.count(word) >= 2, True, result.out)

    def test_the_exit_status_is_that_of_the_first_failure(self) -> None:
        view = self.run_on("--pid", self.pids[0])
        view.wait_for_table()
        viewed = ["--pid", self.pids[0]]
        ended = ["--pid", self.ended.pid]
        self.addCleanup(run_tmbpf, "stop", "--pid", self.pids[1])
        first = run_tmbpf("start", *viewed, *ended, "--pid", self.pids[1])
        self.assert_refused(first, FAILED, f"process {self.pids[0]} is already traced", f"no process {self.ended.pid}")
        self.assertEqual(run_tmbpf("status", "--pid", self.pids[1]).status, DONE)
        self.assertEqual(run_tmbpf("start", *ended, *viewed).status, NO_TARGET)

    def test_json_of_several_is_a_list(self) -> None:
        started = {"started": True, "tracing": True}
        for words in (["start"], ["status"], ["clear"], ["reset-peak"], ["stop"]):
            result = run_tmbpf(*words, "--json", *pids_of(self.targets))
            self.assertEqual(result.status, DONE, result.err)
            answers = json.loads(result.out)
            self.assertEqual(len(answers), 2, result.out)
            if words == ["start"]:
                self.assertEqual(answers, [{"pid": pid, **started} for pid in self.pids])

    def test_status_json_of_several_is_a_list(self) -> None:
        self.start_all()
        for words in (pids_of(self.targets), ["--name", self.name, "--all"]):
            answer = json.loads(run_tmbpf("status", "--json", *words).out)
            self.assertEqual([each["pid"] for each in answer], sorted(self.pids, key=self.pids.index)
                             if "--pid" in words else sorted(self.pids))
        self.assertEqual(json.loads(run_tmbpf("status", "--json", *pids_of(self.targets[:1])).out)["pid"], self.pids[0])
        failed = run_tmbpf("status", "--json", "--pid", self.ended.pid, "--pid", self.pids[0])
        self.assertEqual([each["pid"] for each in json.loads(failed.out)], self.pids[:1])
        self.assertEqual(failed.status, NO_TARGET)

    def test_each_gets_a_snapshot_of_its_own(self) -> None:
        self.start_all()
        folder = os.path.join(self.directory, "snapshots")
        os.mkdir(folder)
        shared = run_tmbpf("snapshot", *pids_of(self.targets), "--output", f"{folder}/a.pickle")
        self.assert_refused(shared, USAGE, "$pid")
        self.assertEqual(os.listdir(folder), [])
        result = run_tmbpf("snapshot", "--name", self.name, "--all", "--output", f"{folder}/$pid.pickle")
        self.assertEqual(result.status, DONE, result.err)
        self.assertEqual(sorted(glob.glob(f"{folder}/*")), sorted(f"{folder}/{pid}.pickle" for pid in self.pids))

    def test_a_family_of_one_name_is_started_once_and_stopped_once(self) -> None:
        path = os.path.join(self.directory, f"parent_{self.name}.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PARENT)
        parent = self.target(program=(path,)).pid
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
            child = int(file.read())
        words = ("--name", os.path.basename(path), "--all")
        self.addCleanup(run_tmbpf, "stop", "--pid", parent)
        started = run_tmbpf("start", "--follow", *words)
        self.assertEqual(started.status, DONE, started.err)
        self.assertIn(f"process {child} is followed\n", started.out)
        wait_until(lambda: len(json.loads(run_tmbpf("status", "--json", *words).out)) == 2, "the child has a session")
        stopped = run_tmbpf("stop", *words)
        self.assertEqual((stopped.status, stopped.out.count("is no longer traced")), (DONE, 2), stopped)

    def test_the_view_shows_each(self) -> None:
        for words in (pids_of(self.targets), ["--name", self.name, "--all"]):
            result = run_tmbpf("--once", *words)
            self.assertEqual(result.status, DONE, result.err)
            for pid in self.pids:
                self.assertEqual(result.out.count(f"pid {pid}: "), 1, result.out)
            self.assertEqual(result.out.count(TABLE), 2)

    def test_the_view_shows_those_that_it_can(self) -> None:
        result = run_tmbpf("--once", "--pid", self.ended.pid, *pids_of(self.targets))
        self.assert_refused(result, NO_TARGET, f"process {self.ended.pid}")
        self.assertEqual(result.out.count(TABLE), 2)
        nobody = run_tmbpf("--once", "--pid", self.ended.pid, "--pid", self.ended.pid + 1)
        self.assertNotEqual(nobody.status, DONE)
        self.assertEqual(nobody.out, "")

    def test_options_that_do_not_fit_together_are_refused(self) -> None:
        self.assert_refused(run_tmbpf("start", "--pid", self.pids[0], "--name", self.name), USAGE, "--name", "--pid")
        self.assert_refused(run_tmbpf("start", "--pid", self.pids[0], "--all"), USAGE, "--all", "--name")
        self.assert_refused(run_tmbpf("start", "--name", ""), USAGE, "--name", "tmbpf ps")
        self.assert_refused(run_tmbpf("--name", self.name, "--", "true"), USAGE, "and a program")


if __name__ == "__main__":
    main()
