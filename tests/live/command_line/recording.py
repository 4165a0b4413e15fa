# SPDX-License-Identifier: Apache-2.0
"""What the tests of `tmbpf record` share."""
import os
import signal
import tracemalloc

from support import (CommandLineTest, DONE, INTERRUPTED, Result, Running, expected, held, run_tmbpf, wait_until)

COUNT, SIZE = 300, 700  # blocks that the target holds, and the bytes of each
HALF_WRITTEN = ".tmbpf-"


class RecordTest(CommandLineTest):
    """A target, a folder for the files, and the recordings of it."""

    def setUp(self) -> None:
        super().setUp()
        self.traced = self.target()
        self.folder = os.path.join(self.directory, "files")
        os.mkdir(self.folder)

    def tearDown(self) -> None:
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith(HALF_WRITTEN)], [])
        super().tearDown()

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def words(self, *options, pid: int = 0, output: str = "a-$counter.pickle") -> tuple:
        return ("record", "--pid", pid or self.traced.pid, "--output", self.path(output), *options)

    def start(self, *options, **more) -> Running:
        return self.run_on(*self.words(*options, **more))

    def record(self, *options, **more) -> Result:
        return run_tmbpf(*self.words(*options, **more))

    def files(self) -> list:
        """Those that are there under a name of theirs."""
        return sorted(name for name in os.listdir(self.folder) if not name.startswith(HALF_WRITTEN))

    def load(self, name: str) -> tracemalloc.Snapshot:
        return tracemalloc.Snapshot.load(self.path(name))

    def wait_for(self, name: str) -> None:
        wait_until(lambda: os.path.exists(self.path(name)), f"{name} is written", 20)

    def hold(self, *sizes: int) -> None:
        self.traced.hold(*(sizes or (COUNT, SIZE)))

    def assert_last_holds(self, name: str, state: str = "running", blocks: tuple = expected(COUNT, SIZE)) -> None:
        self.assertEqual(self.files()[-1], name)
        snapshot = self.load(name)
        self.assertEqual((held(snapshot), snapshot.tmbpf["state"]), (blocks, state))

    def interrupt(self, running: Running, number: int = signal.SIGINT) -> None:
        running.send(number)
        self.assertEqual(running.wait(), INTERRUPTED, running.err)

    def assert_done(self, result: Result) -> None:
        self.assertEqual((result.status, result.err), (DONE, ""))
