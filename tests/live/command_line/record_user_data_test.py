# SPDX-License-Identifier: Apache-2.0
"""`tmbpf record --user-data`: what a command prints is kept, and none of what it does ends the recording."""
import os
import time

from recording import RecordTest
from support import DONE, is_locked, main, run_tmbpf, wait_until

MOST = 64 << 10  # bytes kept


class UserDataTest(RecordTest):
    def data(self, command: str, status: int = DONE) -> tuple:
        """(what the snapshot has of it, why not more, what was said) of one snapshot."""
        result = self.record("--interval", "0.2s", "--count", 1, "--user-data", command)
        self.assertEqual(result.status, status, result.err)
        tmbpf = self.load(self.files()[-1]).tmbpf
        return tmbpf.get("user_data"), tmbpf.get("user_data_error"), result.err

    def test_what_it_prints_is_kept_and_shown(self) -> None:
        self.assertEqual(self.data("echo $TMBPF_PID; echo more"), (f"{self.traced.pid}\nmore", None, ""))
        shown = run_tmbpf("stats", self.path("a-0001.pickle"))
        self.assertIn(f"User data: {self.traced.pid}\nUser data: more\n", shown.out)

    def test_json_is_shown_by_its_keys(self) -> None:
        self.data("""printf '{"requests": 17, "cache": [1, 2]}'""")
        shown = run_tmbpf("stats", self.path("a-0001.pickle"))
        self.assertIn("cache: [1,2]\nrequests: 17\n", shown.out)

    def test_it_has_nothing_to_read_and_no_blocked_signals(self) -> None:
        self.assertEqual(self.data("cat; id -u; grep SigBlk: /proc/self/status | cut -f2"),
                         (f"{os.geteuid()}\n{0:016}", None, ""))

    def test_its_failure_is_told_and_kept(self) -> None:
        self.assertEqual(self.data("echo half; exit 3"),
                         ("half", "the command failed: exit status 3",
                          "tmbpf: warning: --user-data: the command failed: exit status 3\n"))
        text, why, _ = self.data("no-such-command-here")
        self.assertEqual((text, why), (None, "the command failed: exit status 127"))
        self.assertIn("killed by signal 9", self.data("kill -9 $$")[1])

    def test_a_command_that_hangs_is_killed_with_all_that_it_started(self) -> None:
        mark = os.path.join(self.directory, "mark")
        begin = time.monotonic()
        text, why, _ = self.data(f"echo begun; (sleep 11; touch {mark}) & sleep 60")
        self.assertEqual((text, why), ("begun", "the command took more than 10 s and was killed"))
        time.sleep(max(0, begin + 12.5 - time.monotonic()))
        self.assertFalse(os.path.exists(mark))

    def test_what_it_leaves_behind_does_not_hold_the_recording_up(self) -> None:
        begin = time.monotonic()
        self.assertEqual(self.data("echo begun; sleep 5 2>&- &"), ("begun", None, ""))
        self.assertLess(time.monotonic() - begin, 5)

    def test_megabytes_are_cut(self) -> None:
        text, why, err = self.data("head -c 20000000 /dev/zero | tr '\\0' x")
        self.assertEqual(text, "x" * MOST)
        self.assertEqual(why, f"the command printed more than {MOST} bytes: cut")
        self.assertIn(why, err)

    def test_a_signal_ends_a_command_that_hangs_and_leaves_a_snapshot(self) -> None:
        running = self.start("--interval", "0.2s", "--user-data", "sleep 8")
        wait_until(lambda: is_locked(self.traced.pid), "it is attached")
        time.sleep(1.5)
        begin = time.monotonic()
        self.interrupt(running)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.load(self.files()[-1]).tmbpf["user_data_error"], "the command was interrupted")


if __name__ == "__main__":
    main()
