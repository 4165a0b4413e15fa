# SPDX-License-Identifier: Apache-2.0
"""The full screen on a real terminal (tmux): each key is pressed and the screen read back."""
import contextlib
import glob
import os
import re
import signal
import time
import tracemalloc

from support import (CommandLineTest, Target, expected, held, main, marked_line, tmbpf_path, wait_until,
                     words_of)
from tmux import PROMPT, Tmux

KEYS = "q quit  ? help"
LINE = marked_line("held")


def tmbpf_on(pid: int) -> int:
    """The pid of the tmbpf that traces it."""
    with open(f"/run/tmbpf/{pid}.lock", encoding="utf-8") as lock:
        return int(lock.read())


class ScreenTest(CommandLineTest):
    def terminal(self, **options) -> Tmux:
        tmux = self.enterContext(contextlib.closing(Tmux(**options)))
        tmux.run("cd", self.directory)
        return tmux

    def shown(self, *targets: Target, terminal: "Tmux | None" = None, options: tuple = ()) -> Tmux:
        """A view of the targets, on the first of which the listed line holds 300 blocks."""
        tmux = terminal or self.terminal()
        pids = [word for target in targets for word in ("--pid", target.pid)]
        tmux.run(tmbpf_path(), *words_of(*pids, *options))
        tmux.wait_for(KEYS)
        targets[0].hold(300, 700)
        tmux.wait_for(f"target.py:{LINE}")
        return tmux

    def quit(self, tmux: Tmux) -> None:
        tmux.press("q")
        tmux.wait_until(lambda screen: screen.rstrip().endswith(PROMPT), "the prompt")
        self.assertFalse(tmux.alternate())


class KeysTest(ScreenTest):
    def test_groups_and_orders_are_chosen_by_keys(self) -> None:
        tmux = self.shown(self.target())
        size, count = expected(300, 700)
        row = rf"(?m)^ +1 +{size / 1024:.0f} KiB +[\d.]+ % +{count} +{size // count} B +\S*target\.py:{LINE} +hold$"
        self.assertRegex(tmux.screen(), row)
        for key, words in (("f", "by file |"), ("u", "by function |"), ("t", "by traceback |"), ("l", "by line |"),
                           ("g", "by file |"), ("C", "by file, cumulative |"), ("C", "each block once |"),
                           ("C", "by file | sorted by size"), ("2", "sorted by count"), ("3", "sorted by average"),
                           ("o", "sorted by difference in size"), ("5", "sorted by difference in count"),
                           ("1", "sorted by size"), ("l", "by line |")):
            with self.subTest(key):
                tmux.press(key)
                tmux.wait_for(words)
        self.quit(tmux)

    def test_a_filter_is_applied_while_it_is_typed(self) -> None:
        tmux = self.shown(self.target())
        tmux.type("/nosuchfile")
        tmux.wait_for("no traced block fits the filter")
        tmux.wait_for("/nosuchfile_")
        tmux.press(*["BSpace"] * 10)
        tmux.press("Escape")
        tmux.wait_for(f"target.py:{LINE}")
        tmux.type(f"/target.py:{LINE} !*nosuch*")
        tmux.press("Enter")
        screen = tmux.wait_for(f"filter target.py:{LINE} !*nosuch* leaves 215 KiB in 300 blocks")
        self.assertEqual(len(re.findall(r"target\.py:\d+ ", screen.split("Location")[1])), 1)
        self.assertIn(KEYS, screen)
        tmux.press("Escape")
        tmux.wait_while("leaves")
        tmux.type("/!target.py")
        tmux.wait_while(f"target.py:{LINE}")
        self.quit_while_typing(tmux)

    def quit_while_typing(self, tmux: Tmux) -> None:
        tmux.type("q")
        tmux.wait_for("/!target.pyq_")
        tmux.press("Enter")
        self.quit(tmux)

    def test_the_cursor_opens_a_group_with_its_source(self) -> None:
        tmux = self.shown(self.target())
        tmux.press("Enter")
        screen = tmux.wait_for(f'target.py", line {LINE}, in hold')
        self.assertIn("slots[i] = bytes(size)  # held", screen)
        self.assertIn("300 blocks, 1 traceback", screen)
        self.assertIn("in main", screen)
        tmux.resize(80, 12)
        screen = tmux.wait_for("more lines")
        self.assertNotIn("in <module>", screen)
        tmux.press("End")
        tmux.wait_for("in <module>")
        tmux.press("Home")
        tmux.wait_for("#1: ")
        tmux.press("NPage")
        tmux.wait_while("#1: ")
        tmux.press("PPage")
        tmux.wait_for("#1: ")
        tmux.press("Down", "Down", "Down")
        tmux.wait_while("#1: ")
        tmux.resize(80, 24)
        tmux.press("BSpace")
        tmux.wait_for(KEYS)
        tmux.press("Down", "Enter")
        tmux.wait_for("traceback")
        tmux.press("Escape")
        tmux.wait_for(KEYS)
        self.quit(tmux)

    def test_what_is_there_is_compared(self) -> None:
        target = self.target()
        tmux = self.shown(target)
        tmux.press("b")
        tmux.wait_for("this is the baseline now")
        target.hold(100, 700)
        size = expected(100, 700)[0]
        row = rf"(?m)^ +1 +\d+ KiB +\+{size / 1024:.1f} KiB .* 400 +\+100 .*target\.py:{LINE}"
        tmux.wait_until(lambda screen: re.search(row, screen), "the difference")
        self.assertIn("compared with the baseline of ", tmux.screen())
        tmux.press("c")
        tmux.wait_while("compared")
        tmux.press("c")
        tmux.wait_until(lambda screen: "compared with 1 s ago" in screen and re.search(r" 400 +\+0 ", screen),
                        "no difference to the refresh before")
        self.quit(tmux)

    def test_a_pause_keeps_the_screen_as_it_is(self) -> None:
        target = self.target()
        tmux = self.shown(target)
        tmux.press("Space")
        tmux.wait_for("PAUSED")
        target.hold(100, 700)
        time.sleep(1.5)
        self.assertRegex(tmux.screen(), rf" 300 .*target\.py:{LINE}")
        tmux.press("Space")
        tmux.wait_until(lambda screen: re.search(rf" 400 .*target\.py:{LINE}", screen), "it goes on")
        self.assertNotIn("PAUSED", tmux.screen())
        self.quit(tmux)

    def test_a_key_writes_snapshots(self) -> None:
        target = self.target()
        tmux = self.shown(target, options=("--output", "shot-$counter.pickle"))
        for name in ("shot-0001.pickle", "shot-0002.pickle"):
            tmux.press("s")
            tmux.wait_for(f"written: {name}")
            snapshot = tracemalloc.Snapshot.load(os.path.join(self.directory, name))
            self.assertEqual(held(snapshot), expected(300, 700))
        self.quit(tmux)

    def test_a_snapshot_that_cannot_be_written_is_told(self) -> None:
        target = self.target()
        tmux = self.shown(target, options=("--output", "/no/such/folder/a.pickle"))
        tmux.press("s")
        tmux.wait_for("no snapshot: ")
        tmux.press("f")
        tmux.wait_for("by file")
        self.quit(tmux)
        self.assertEqual(glob.glob(os.path.join(self.directory, "*.pickle")), [])

    def test_help_information_and_the_graph_come_and_go(self) -> None:
        tmux = self.shown(self.target())
        for key, words in (("?", "this help"), ("h", "this help"), ("i", "tracer memory")):
            tmux.press(key)
            tmux.wait_until(lambda screen, words=words: words in screen and "Location" not in screen, words)
            tmux.press("Escape")
            tmux.wait_for("Location")
        self.assertRegex(tmux.screen(), r"(?m)^traced [▁-█]+  ")
        tmux.press("m")
        tmux.wait_until(lambda screen: not re.search(r"(?m)^traced [▁-█]+  ", screen), "the graph goes")
        tmux.press("r", "C-l", "z", "F5")
        tmux.wait_for(KEYS)
        self.quit(tmux)

    def test_a_terminal_without_utf8_gets_ascii(self) -> None:
        tmux = self.shown(self.target(), terminal=self.terminal(environment={"LC_ALL": "C"}))
        screen = tmux.wait_until(lambda screen: re.search(r"(?m)^traced [_.:=+*#-]+  ", screen), "the graph")
        self.assertTrue(screen.isascii(), screen)
        self.quit(tmux)


class ProcessesTest(ScreenTest):
    def test_several_processes_are_rows_to_choose_from(self) -> None:
        first, second = self.target(), self.target()
        tmux = self.shown(first, second)
        tmux.wait_for(f"process 1 of 2: pid {first.pid}: ")
        second.hold(50, 3000)
        for key, place, pid, count in (("n", 2, second.pid, 50), ("n", 1, first.pid, 300), ("p", 2, second.pid, 50)):
            tmux.press(key)
            wanted = rf"(?s)process {place} of 2: pid {pid}: .* {count} [^\n]*target\.py:{LINE}"
            tmux.wait_until(lambda screen, wanted=wanted: re.search(wanted, screen), f"process {place}")
        tmux.press("P")
        screen = tmux.wait_until(lambda screen: re.search(r"PID +Traced +RSS +State +Command", screen), "the list")
        for pid in (first.pid, second.pid):
            self.assertRegex(screen, rf"(?m)^ +{pid} +[\d.]+ [KMGi]*B +[\d.]+ [KM]iB +tracing +python3")
        tmux.press("Up", "Enter")
        tmux.wait_for(f"process 1 of 2: pid {first.pid}: ")
        tmux.press("Tab")
        tmux.wait_for("Command")
        tmux.press("Escape")
        second.end()
        tmux.press("P")
        tmux.wait_until(lambda screen: re.search(rf"{second.pid} .* ended ", screen), "its end")
        self.quit(tmux)
        self.assert_free(first)

    def test_a_target_that_dies_stays_on_the_screen(self) -> None:
        target = self.target()
        tmux = self.shown(target)
        target.hold(100, 700)
        target.end()
        screen = tmux.wait_for("ended for")
        self.assertRegex(screen, rf" 400 .*target\.py:{LINE}")
        time.sleep(1.2)
        tmux.press("Enter")
        tmux.wait_for("400 blocks, 1 traceback")
        tmux.press("s")
        tmux.wait_for(f"written: tmbpf-{target.pid}-0001.pb.gz")
        tmux.press("q")
        tmux.wait_for("ended; above is what it held last")
        self.assertFalse(tmux.alternate())


class TerminalTest(ScreenTest):
    def test_every_size_has_a_screen(self) -> None:
        tmux = self.shown(self.target())
        for columns, lines in ((200, 50), (40, 10), (60, 16), (20, 4), (1, 1), (80, 24)):
            tmux.resize(columns, lines)
            if columns >= 40:
                row = rf"(?s)^pid \d+: python3.* 300 .*py:{LINE}.*\n{re.escape(KEYS)}[^\n]*$"
                screen = tmux.wait_until(lambda screen, row=row: re.search(row, screen), f"{columns} x {lines}")
                self.assertEqual(screen.count("\n"), lines - 1)
        self.quit(tmux)

    def test_suspended_it_gives_the_terminal_back_and_takes_it_again(self) -> None:
        target = self.target()
        tmux = self.terminal()
        modes = tmux.modes()
        self.shown(target, terminal=tmux)
        for _ in range(2):
            tmux.press("C-z")
            tmux.wait_for("Stopped")
            self.assertFalse(tmux.alternate())
            self.assertEqual(tmux.modes(), modes)
            tmux.run("fg")
            tmux.wait_for(KEYS)
            self.assertTrue(tmux.alternate())
            tmux.press("g")
            tmux.wait_until(lambda screen: re.search(r"\bby \w+ \|", screen) and "Stopped" not in screen, "the page")
        self.quit(tmux)
        self.assertEqual(tmux.modes(), modes)

    def assert_restored_by(self, number: int, says: str) -> None:
        target = self.target()
        tmux = self.terminal()
        modes = tmux.modes()
        tmux.run("echo", "before it")
        self.shown(target, terminal=tmux)
        os.kill(tmbpf_on(target.pid), number)
        screen = tmux.wait_until(lambda screen: screen.rstrip().endswith(PROMPT), "the prompt")
        self.assertIn("before it", screen)
        self.assertIn(says, screen)
        self.assertFalse(tmux.alternate())
        self.assertEqual(tmux.modes(), modes)
        self.assert_becomes_free(target)

    def test_ended_by_a_signal_it_leaves_the_terminal_as_it_was(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(number.name):
                self.assert_restored_by(number, "#1: ")

    def test_killed_it_leaves_the_terminal_as_it_was(self) -> None:
        self.assert_restored_by(signal.SIGKILL, "Killed")

    def test_killed_with_the_terminal_nothing_stays(self) -> None:
        target = self.target()
        self.shown(target)
        tracer = tmbpf_on(target.pid)
        self.doCleanups()  # the terminal's end; the target's, too
        wait_until(lambda: not os.path.exists(f"/proc/{tracer}"), "tmbpf ends", 10)


if __name__ == "__main__":
    main()
