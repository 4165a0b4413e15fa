# SPDX-License-Identifier: Apache-2.0
"""Processes that cannot be traced: each is refused with the reason, the remedy and its status."""
import contextlib
import os
import subprocess

from support import (DONE, NO_TARGET, NOBODY, NOT_PERMITTED, CommandLineTest, main, run_tmbpf,
                     supported_pythons, unsupported_pythons)

SUPPORTED = "3.11"
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
REPLACEMENTS = (  # environment, what the message says took the allocator's place
    ({"PYTHONMALLOC": "malloc"}, "PYTHONMALLOC=malloc"),
    ({"PYTHONMALLOC": "debug"}, "debug hooks"),
    ({"PYTHONMALLOC": "malloc_debug"}, "debug hooks"),
    ({"PYTHONDEVMODE": "1"}, "-X dev"),
    ({"PYTHONTRACEMALLOC": "1"}, "tracemalloc"),
)


class RefusedTargetTest(CommandLineTest):
    def assert_all_refuse(self, pid: int, status: int, *words: str, **options) -> None:
        """The live view, a session, and the check."""
        for command in (["--once"], ["start"], ["check"]):
            with self.subTest(command=command[0]):
                result = run_tmbpf(*command, "--pid", pid, **options)
                if command == ["check"]:
                    self.assertEqual(result.status, status, result.err)
                    for word in words:
                        self.assertIn(word, result.out + result.err)
                else:
                    self.assert_refused(result, status, *words)
                    self.assertEqual(result.out, "")

    def unused_pid(self) -> int:
        process = subprocess.Popen(["true"])
        process.wait()
        return process.pid

    def test_a_pid_that_nobody_has_is_named(self) -> None:
        pid = self.unused_pid()
        self.assert_all_refuse(pid, NO_TARGET, f"there is no process {pid}", "tmbpf ps")

    def test_a_zombie_is_no_process_to_trace(self) -> None:
        target = self.target()
        target.send("exit 0")
        os.waitid(os.P_PID, target.pid, os.WEXITED | os.WNOWAIT)
        self.assert_all_refuse(target.pid, NO_TARGET, f"there is no process {target.pid}")

    def test_a_process_that_is_no_python_is_named(self) -> None:
        sleeper = self.enterContext(subprocess.Popen(["sleep", "60"]))
        self.addCleanup(sleeper.kill)
        self.assert_all_refuse(sleeper.pid, NO_TARGET, f"process {sleeper.pid} (sleep) is not a CPython", SUPPORTED)

    def test_a_kernel_thread_is_no_python(self) -> None:
        with open("/proc/2/comm", encoding="utf-8") as name:
            if name.read().strip() != "kthreadd":
                self.skipTest("no kernel thread is visible from here")
        self.assert_all_refuse(2, NO_TARGET, "is not a CPython")

    def test_an_unsupported_version_is_refused_with_the_supported_ones(self) -> None:
        pythons = unsupported_pythons()
        if not pythons:
            self.skipTest("no unsupported CPython 3 is installed")
        for python, version in pythons:
            with self.subTest(version), contextlib.closing(self.target(python)) as target:
                self.assert_all_refuse(target.pid, NO_TARGET, version, SUPPORTED)

    def test_a_replaced_allocator_is_refused_and_named(self) -> None:
        for python in supported_pythons():
            for environment, replacement in REPLACEMENTS:
                with self.subTest(python=python, **environment), \
                        contextlib.closing(self.target(python, environment=environment)) as target:
                    self.assert_all_refuse(target.pid, NO_TARGET, replacement)
                    result = run_tmbpf("--pid", target.pid, "--once")
                    self.assertIn("does not use CPython's default allocator", result.err)
                    self.assertIn("restart it", result.err)

    def test_a_refused_target_is_left_as_it_was(self) -> None:
        target = self.target(environment={"PYTHONMALLOC": "debug"})
        run_tmbpf("start", "--pid", target.pid)
        self.assert_free(target)
        self.assertEqual(run_tmbpf("status", "--pid", target.pid).status, NO_TARGET)


class NotPermittedTest(CommandLineTest):
    """As nobody. The remedy names a capability or sudo."""

    def assert_not_permitted(self, *words) -> None:
        with self.subTest(" ".join(map(str, words))):
            result = run_tmbpf(*words, before=AS_NOBODY)
            self.assert_refused(result, NOT_PERMITTED)
            self.assertRegex(result.err, "CAP_[A-Z_]+|sudo|as root")
            self.assertNotIn("remove it", result.err)
            self.assertEqual(result.out, "")

    def test_a_process_of_another_user_is_not_ours_to_trace(self) -> None:
        target = self.target()
        self.assert_not_permitted("--once", "--pid", target.pid)
        self.assert_not_permitted("start", "--pid", target.pid)

    def test_ones_own_process_needs_the_capabilities_too(self) -> None:
        target = self.target(user=NOBODY, group=NOBODY, extra_groups=[])
        for words in (("--once",), ("start",)):
            result = run_tmbpf(*words, "--pid", target.pid, before=AS_NOBODY)
            self.assert_refused(result, NOT_PERMITTED, "CAP_BPF", "sudo")

    def test_a_program_is_not_started_without_the_capabilities(self) -> None:
        left_behind = os.path.join(self.directory, "ran")
        result = run_tmbpf("--", supported_pythons()[0], "-c", f"open({left_behind!r}, 'w')", before=AS_NOBODY)
        self.assert_refused(result, NOT_PERMITTED, "CAP_BPF", "sudo")
        self.assertFalse(os.path.exists(left_behind))

    def test_root_without_capabilities_is_not_enough(self) -> None:
        target = self.target()
        bare = ("setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin", "--inh-caps=-all")
        result = run_tmbpf("--once", "--pid", target.pid, before=bare)
        self.assert_refused(result, NOT_PERMITTED, "CAP_BPF", "CAP_PERFMON")
        self.assert_free(target)

    def test_a_session_of_root_is_closed_to_others(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        self.assert_not_permitted("status", "--pid", target.pid)
        self.assert_not_permitted("status", "--json", "--pid", target.pid)
        self.assert_not_permitted("stop", "--pid", target.pid)
        self.assertTrue(self.status(target.pid)["tracing"])

    def test_check_says_what_is_missing(self) -> None:
        result = run_tmbpf("check", before=AS_NOBODY)
        self.assertEqual(result.status, NOT_PERMITTED)
        self.assertIn("missing CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE", result.out)
        self.assertIn("sudo", result.out)
        self.assertTrue(result.out.endswith("tracing would not work\n"), result.out)

    def test_check_as_root_says_that_it_would_work(self) -> None:
        for python in supported_pythons():
            with self.subTest(python), contextlib.closing(self.target(python)) as target:
                result = run_tmbpf("check", "--pid", target.pid)
                self.assertEqual(result.status, DONE, result.out)
                self.assertNotIn("FAIL", result.out)
                self.assertTrue(result.out.endswith("tracing would work\n"), result.out)
                self.assert_free(target)


if __name__ == "__main__":
    main()
