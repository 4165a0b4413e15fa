# SPDX-License-Identifier: Apache-2.0
"""--name PATTERN instead of --pid: whom it means, and what is said when that is nobody or several."""
import os
import subprocess

from named_target import NamedTargetTest
from refused_target_test import AS_NOBODY
from support import (DONE, NO_TARGET, NOBODY, NOT_PERMITTED, USAGE, main, run_tmbpf, supported_pythons, tmbpf_path,
                     wait_until)


class NameTest(NamedTargetTest):
    def assert_found(self, pattern: str, pid: int) -> None:
        with self.subTest(pattern):
            result = run_tmbpf("check", "--name", pattern)
            self.assertEqual(result.status, DONE, result.err)
            self.assertIn(f"process {pid} (", result.out)
            self.assertRegex(result.err, rf"^tmbpf: process {pid} \(.*\)\n$")

    def assert_nobody(self, pattern: str) -> None:
        with self.subTest(pattern):
            self.assert_refused(run_tmbpf("check", "--name", pattern), NO_TARGET, "tmbpf ps")

    def test_a_script_is_found_by_its_name(self) -> None:
        pid = self.named("serve", "--port=80").pid
        for pattern in (self.name, f"{self.name}.py", self.script, f"sho?{self.name[4:]}", f"{self.name}*",
                        f"*{self.name}.py serve*", f"{self.script} serve --port=8?"):
            self.assert_found(pattern, pid)
        for pattern in (self.name[:-1], f"{self.name}.py serve", self.name.upper(), "-S"):
            self.assert_nobody(pattern)

    def test_a_module_is_found_by_its_name(self) -> None:
        target = self.target(program=("-m", self.name, "serve"), environment={"PYTHONPATH": self.directory})
        self.assert_found(self.name, target.pid)
        self.assert_found(f"-m {self.name} serve", target.pid)

    def test_every_command_takes_a_name(self) -> None:
        target = self.named()
        output = os.path.join(self.directory, "a.pickle")
        for words in (["--once"], ["check"], ["start"], ["status"], ["snapshot", "--output", output], ["stop"]):
            with self.subTest(words[0]):
                result = run_tmbpf(*words, "--name", self.name)
                self.assertEqual(result.status, DONE, result.err)
                self.assertIn(f"process {target.pid} ({self.script})", result.err)
        self.assertTrue(os.path.exists(output))
        self.assert_free(target)

    def test_a_name_that_nobody_has_is_refused(self) -> None:
        for words in (["--once"], ["start"], ["status"], ["check"], ["stop"]):
            with self.subTest(words[0]):
                self.assert_refused(run_tmbpf(*words, "--name", self.name), NO_TARGET, self.name, "tmbpf ps")

    def test_several_are_refused_with_their_list(self) -> None:
        targets = {self.named("one").pid: "one", self.named("two").pid: "two"}
        for words in (["--once"], ["start"], ["check"]):
            with self.subTest(words[0]):
                result = run_tmbpf(*words, "--name", self.name)
                self.assert_refused(result, USAGE, "2 processes fit", self.name, "--pid PID")
                self.assertIn("--all", result.err)
                self.assertEqual(result.out, "")
                for pid, word in targets.items():
                    self.assertRegex(result.err, rf"(?m)^tmbpf:   {pid}  .*{word}$")

    def test_all_takes_each_of_them(self) -> None:
        pids = sorted((self.named("one").pid, self.named("two").pid))
        for pid in pids:
            self.addCleanup(run_tmbpf, "stop", "--pid", pid)
        for words in (["check"], ["start"], ["status"], ["stop"]):
            result = run_tmbpf(*words, "--name", self.name, "--all")
            self.assertEqual(result.status, DONE, result.err)
            for pid in pids:
                self.assertIn(f"process {pid}", result.out)
                self.assertIn(f"process {pid} ({self.script}", result.err)

    def test_session_commands_only_mean_those_with_a_session(self) -> None:
        traced, _ = self.named("one"), self.named("two")
        self.assert_refused(run_tmbpf("status", "--name", self.name), NO_TARGET, "session", "tmbpf ps")
        self.start_session(traced.pid)
        result = run_tmbpf("status", "--name", self.name)
        self.assertEqual(result.status, DONE, result.err)
        self.assertIn(f"process {traced.pid} ", result.out)
        self.assertEqual(run_tmbpf("stop", "--name", self.name).status, DONE)
        self.assert_free(traced)

    def test_what_is_no_python_has_no_name(self) -> None:
        # cat, with the words of a Python
        with subprocess.Popen(["python3", self.script, "-"], executable="/bin/cat", stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as process:
            self.addCleanup(process.kill)
            self.assert_nobody(self.name)
            pid = self.named().pid
            self.assert_found(self.name, pid)
            process.stdin.close()

    def test_tmbpf_itself_has_no_name(self) -> None:
        with subprocess.Popen([tmbpf_path(), "--", supported_pythons()[0], "-S", self.script], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tracer:
            self.assertEqual(tracer.stdout.readline(), b"ready\n")
            result = run_tmbpf("check", "--name", f"*{self.name}*")
            self.assertEqual(result.status, DONE, result.err)
            self.assertNotIn(f"process {tracer.pid} ", result.err)
            tracer.stdin.close()
            tracer.stdout.read()

    def test_names_in_messages_cannot_garble_the_terminal(self) -> None:
        for number in "12":
            self.target(program=(f"{self.name}.py", f"\x1b[2J\n{number}"), cwd=self.directory)
        result = run_tmbpf("check", "--name", self.name)
        self.assert_refused(result, USAGE, r"\x1b[2J\x0a1", r"\x1b[2J\x0a2")
        self.assertNotIn("\x1b", result.err)

    def test_a_target_that_just_began_has_its_name_at_once(self) -> None:
        with subprocess.Popen([supported_pythons()[0], "-S", self.script], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: run_tmbpf("check", "--name", self.name).status == DONE, "it is found")
            process.stdin.close()

    def test_another_users_process_is_found_and_not_permitted(self) -> None:
        self.named()
        self.assert_refused(run_tmbpf("--once", "--name", self.name, before=AS_NOBODY), NOT_PERMITTED, "sudo")
        self.assert_refused(run_tmbpf("status", "--name", self.name, before=AS_NOBODY), NOT_PERMITTED, "sudo")

    def test_ones_own_process_is_preferred_to_one_that_may_not_be_looked_at(self) -> None:
        os.chmod(self.directory, 0o755)
        self.named("roots")
        mine = self.target(program=(self.script, "mine"), user=NOBODY, group=NOBODY, extra_groups=[])
        result = run_tmbpf("check", "--name", self.name, before=AS_NOBODY)
        self.assertIn(f"process {mine.pid} ({self.script} mine)", result.err)


if __name__ == "__main__":
    main()
