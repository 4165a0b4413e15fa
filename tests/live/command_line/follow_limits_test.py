# SPDX-License-Identifier: Apache-2.0
"""What --follow costs and where it ends: the memory of each process, how many are followed, whose last state is
kept. What is let go is counted."""
import json
import os
import resource
import signal

from family import FollowTest, expected_of_child, has_session, held_by_child
from support import DONE, main, run_tmbpf, wait_until

MOST_MEMBERS = 64  # with the target
MOST_ENDED = 32


class FollowLimitsTest(FollowTest):
    def test_a_followed_process_costs_a_fraction_of_the_targets_kernel_memory(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        child = self.followed(target, "fork", 200)
        status = self.status(target.pid)
        member = next(member for member in status["family"] if member["pid"] == child)
        self.assertLess(3 * member["kernel_memory"], status["kernel_memory"])
        self.assertEqual(self.status(child)["max_traces"], status["max_traces"] // 8)
        self.assertEqual(status["family_kernel_memory"], status["kernel_memory"] + member["kernel_memory"])
        self.assertRegex(run_tmbpf("status", "--fresh", "--pid", target.pid).out, r"(?m)^  kernel memory of all these \d+")
        os.kill(child, signal.SIGKILL)
        self.wait_for_state(target, child, "ended")
        status = self.status(target.pid)
        self.assertEqual(status["family_kernel_memory"], status["kernel_memory"])

    def test_the_limit_of_traces_holds_for_followed_processes_too(self) -> None:
        target = self.family()
        for given, of_child in ((1000, 1000), (300_000, 262_144), (16_000_000, 2_000_000)):
            with self.subTest(given):
                self.start_session(target.pid, "--follow", "--max-traces", given)
                child = self.followed(target, "fork", 100)
                self.assertEqual(self.status(target.pid)["max_traces"], given)
                self.assertEqual(self.status(child)["max_traces"], of_child)
                self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, 0)

    def test_a_new_program_in_the_targets_place_has_the_whole_limit(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        before = self.status(target.pid)
        target.send("execute " + " ".join(target.words_for()))
        target.expect("ready")
        # The first program's tracer goes on watching.
        wait_until(lambda: self.status(target.pid)["family_kernel_memory"] > 1.9 * before["kernel_memory"],
                   "the new program is traced")
        status = self.status(target.pid)
        self.assertEqual((status["state"], status["max_traces"]), ("running", before["max_traces"]))

    def test_who_is_too_many_is_refused_and_what_is_forgotten_is_counted(self) -> None:
        target = self.family()
        self.start_session(target.pid, "--follow")
        children = [target.child("fork", 100) for _ in range(MOST_MEMBERS + 1)]
        status = wait_until(lambda: (status := self.status(target.pid)) and
                            len(status["family"]) + status["not_followed"] == len(children) and status,
                            "each is followed or refused", 100)
        self.assertEqual((len(status["family"]), status["not_followed"]), (MOST_MEMBERS - 1, 2))
        self.assertIn(f"{MOST_MEMBERS - 1} processes are followed already", status["not_followed_last"])
        self.assertEqual((status["ended_unseen"], status["forgotten"]), (0, 0))
        for child in children:
            os.kill(child, signal.SIGKILL)
        status = wait_until(lambda: (status := self.status(target.pid)) and
                            all(member["state"] == "ended" for member in status["family"]) and status, "they ended")
        self.assertEqual((len(status["family"]), status["forgotten"]), (MOST_ENDED, MOST_MEMBERS - 1 - MOST_ENDED))
        self.assertIn(f"{MOST_ENDED} ended after it", status["forgotten_last"])
        text = run_tmbpf("status", "--fresh", "--pid", target.pid).out
        self.assertIn(f"  ended processes whose last state is kept no more {status['forgotten']}; the last: ", text)
        # There is room again.
        self.assert_holds(target, self.followed(target, "fork", 150), 150)


class NoMemoryTest(FollowTest):
    def test_a_last_state_that_cannot_be_kept_is_counted_and_the_session_lives_on(self) -> None:
        target = self.family()
        # Its allocator gives back at once what it frees: nothing is left to take from.
        eager = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "4096", "MALLOC_TRIM_THRESHOLD_": "0",
                 "MALLOC_TOP_PAD_": "0"}
        result = run_tmbpf("start", "--pid", target.pid, "--follow", env={**os.environ, **eager})
        self.assertEqual(result.status, DONE, result.err)
        self.addCleanup(run_tmbpf, "stop", "--pid", target.pid)
        child = self.followed(target, "fork", 60_000)
        target.let_hold(child)
        session = self.session_pid(target.pid)
        limits = resource.prlimit(session, resource.RLIMIT_AS)
        resource.prlimit(session, resource.RLIMIT_AS, (1 << 20, limits[1]))
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: not has_session(child), "it is given up")
        resource.prlimit(session, resource.RLIMIT_AS, limits)
        status = self.status(target.pid)
        self.assertEqual((status["family"], status["forgotten"]), ([], 1))
        self.assertTrue(status["forgotten_last"].startswith(f"process {child}: "), status["forgotten_last"])
        other = self.followed(target, "fork", 200)
        self.assert_holds(target, other, 200)


if __name__ == "__main__":
    main()
