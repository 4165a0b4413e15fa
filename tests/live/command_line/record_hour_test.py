# SPDX-License-Identifier: Apache-2.0
"""`tmbpf record --interval 5s` for an hour on a service: scripts/test --hour. TMBPF_TEST_SECONDS makes
it another time. Two recordings of two services: one keeps every file, one the last fifty."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

from course import Course, own_bytes
from recording import HALF_WRITTEN
from support import (CommandLineTest, DONE, HERE, INTERRUPTED, Running, main, run_tmbpf, supported_pythons, tmbpf_path,
                     wait_until)

SERVICE = os.path.join(HERE, "..", "..", "programs", "leaking_service.py")
SECONDS = float(os.environ.get("TMBPF_TEST_SECONDS", 3600))
INTERVAL = 5
KEPT = 50
LOOK = 10  # seconds between two looks at the recorders' memory
WARM = 0.1  # of the time, after which memory counts


def tracer_memory(path: str) -> int:
    """Bytes of the kernel's maps and of tmbpf, as the snapshot says."""
    with subprocess.Popen([tmbpf_path(), "stats", "--json", "--limit", "1", path], stdout=subprocess.PIPE) as process:
        text = process.communicate()[0].decode()
    assert process.returncode == DONE, f"{path} cannot be read"
    return int(re.search(r'"tracer_memory": *"?(\d+)', text)[1])


class RecordHourTest(CommandLineTest):
    def service(self, python: str) -> subprocess.Popen:
        process = subprocess.Popen([python, "-S", SERVICE, "--seconds", str(SECONDS + 300), "--rate", "100",
                                    "--pages", "2000"], stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def recorder(self, service: subprocess.Popen, folder: str, *options) -> Running:
        return self.run_on("record", "--pid", service.pid, "--interval", f"{INTERVAL}s", "--output",
                           os.path.join(folder, "a-$counter.pb.gz"), *options)

    def watch(self, recorders: list) -> list:
        """The bytes of each recorder at each look, until their time is over."""
        end = time.monotonic() + SECONDS + INTERVAL / 2
        looks = []
        while time.monotonic() < end:
            time.sleep(min(LOOK, SECONDS / 20))
            for recorder in recorders:
                self.assertIsNone(recorder.process.poll(), recorder.err)
            looks.append([own_bytes(recorder.pid) for recorder in recorders])
            print(f"{len(looks)}: {looks[-1]} bytes", file=sys.stderr, flush=True)
        return looks

    def assert_flat(self, what: str, values: list) -> None:
        """It ends within 5 % of where it was when warm."""
        course = Course.of(values, WARM)
        print(f"{what}: {course.begin:.0f} bytes when warm, {course.end:.0f} at the end, {course.most} at most",
              file=sys.stderr)
        self.assertLess(course.growth, 0.05, what)

    def assert_whole(self, folder: str, count: int, last: int) -> list:
        """These files are there and no others, and each can be read; the tracer's memory in each."""
        names = sorted(os.listdir(folder))
        self.assertEqual([name for name in names if name.startswith(HALF_WRITTEN)], [])
        self.assertEqual(names, [f"a-{number:04}.pb.gz" for number in range(last - count + 1, last + 1)])
        return [tracer_memory(os.path.join(folder, name)) for name in names]

    def test_it_writes_every_file_and_takes_no_more_memory(self) -> None:
        services = [self.service(python) for python in supported_pythons()[:2]]
        folders = [os.path.join(self.directory, name) for name in ("all", "kept")]
        for folder in folders:
            os.mkdir(folder)
        time.sleep(1)
        begin = time.monotonic()
        with contextlib.ExitStack() as stack:
            recorders = [stack.enter_context(contextlib.closing(recorder)) for recorder in (
                self.recorder(services[0], folders[0]), self.recorder(services[1], folders[1], "--keep", KEPT))]
            wait_until(lambda: all(map(os.listdir, folders)), "the first files")
            looks = self.watch(recorders)
            seconds = time.monotonic() - begin
            for recorder in recorders:
                recorder.send(signal.SIGINT)
                self.assertEqual(recorder.wait(), INTERRUPTED, recorder.err)
                self.assertEqual(recorder.err, "")
            written = [int(re.findall(r"^(\d+) files written", recorder.out, re.MULTILINE)[0]) for recorder in recorders]
        for number in written:  # each at its time, and a last one when it was asked to end
            self.assertAlmostEqual(number, seconds / INTERVAL + 1, delta=1)
        memory = self.assert_whole(folders[0], written[0], written[0])
        self.assert_whole(folders[1], min(KEPT, written[1]), written[1])
        self.assert_flat("tmbpf's maps and process, as its files say", memory)
        for recorder, values in zip(("that keeps all files", "that keeps some"), zip(*looks)):
            self.assert_flat(f"the recorder {recorder}", list(values))
        result = run_tmbpf("diff", *(os.path.join(folders[0], f"a-{number:04}.pb.gz")
                                     for number in (written[0] // 2, written[0])))
        self.assertEqual(result.status, DONE, result.err)
        print(result.out, file=sys.stderr)


if __name__ == "__main__":
    main()
