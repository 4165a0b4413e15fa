# SPDX-License-Identifier: Apache-2.0
"""What the command line's tests share: the real tmbpf (its path in TMBPF) on real Pythons, as root.

Every process that is started here is ended here, by its own handle; a session by `tmbpf stop`.
"""
import contextlib
import dataclasses
import fcntl
import functools
import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "oracle"))
import interpreters  # noqa: E402  (the finder is the oracle's)
from code_differences import code_differences  # noqa: E402
from plain_table import TABLE  # noqa: E402

TARGET = os.path.join(HERE, "target.py")
RUN_DIRECTORY = "/run/tmbpf"
NOBODY = 65534
TIMEOUT = 60  # seconds: nothing here takes as long unless it hangs
SKIPPED = 77  # what CTest is told by SKIP_RETURN_CODE

DONE, FAILED, USAGE, NO_TARGET, NOT_PERMITTED, INTERRUPTED = 0, 1, 2, 3, 4, 130


@dataclasses.dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str


def tmbpf_path() -> str:
    return os.path.abspath(os.environ["TMBPF"])


def words_of(*words) -> list:
    """The command line, with mode exact where it traces and says neither a mode nor a budget: what most tests look at
    must not depend on how busy the target is."""
    words = list(map(str, words))
    if {"--mode", "--max-slowdown", "--help", "--version"} & set(words):
        return words
    if words and words[0] in ("start", "record"):
        return [words[0], "--mode", "exact", *words[1:]]
    return ["--mode", "exact", *words] if words and words[0].startswith("-") else words


def run_tmbpf(*words, **options) -> Result:
    """Runs it to its end; `options` as for subprocess.run."""
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        del options["stdin"]
    done = subprocess.run([*options.pop("before", ()), tmbpf_path(), *words_of(*words)],
                          capture_output=True, text=True, timeout=TIMEOUT, check=False, **options)
    return Result(done.returncode, done.stdout, done.stderr)


def wait_until(condition, what: str, seconds: float = TIMEOUT):
    """The condition's first true value; AssertionError naming `what` when it never comes."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.01)
    return value


def wait_for_probes(pid: int) -> None:
    """Until all are in the process's code: none has come for a while."""
    before, since = 0, time.monotonic()

    def complete() -> bool:
        nonlocal before, since
        now = code_differences(pid)
        if now != before:
            before, since = now, time.monotonic()
        return now > 0 and time.monotonic() - since > 0.3
    wait_until(complete, "the probes are there")


def marked_line(marker: str, path: str = TARGET) -> int:
    """The number of the line that ends with the comment `marker`."""
    with open(path, encoding="utf-8") as file:
        numbers = [number for number, line in enumerate(file, 1) if line.rstrip().endswith(f"# {marker}")]
    assert len(numbers) == 1, f"{marker} is at {numbers}"
    return numbers[0]


class Running:
    """A tmbpf that goes on, its output in files; with `terminal`, on that file descriptor."""

    def __init__(self, *words, stdin=subprocess.DEVNULL, terminal=None, environment=None) -> None:
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        streams = {"stdin": stdin, "stdout": self._out, "stderr": self._err}
        if terminal is not None:
            streams = {"stdin": terminal, "stdout": terminal, "stderr": self._err}
        self.process = subprocess.Popen([tmbpf_path(), *words_of(*words)], start_new_session=True,
                                        env=environment, **streams)
        self.pid = self.process.pid

    @staticmethod
    def _text(file) -> str:
        return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()

    @property
    def out(self) -> str:
        return self._text(self._out)

    @property
    def err(self) -> str:
        return self._text(self._err)

    def wait_for_table(self, count: int = 1) -> None:
        def shown():
            assert self.process.poll() is None, f"ended early: {self.process.returncode} {self.err}"
            return self.out.count(TABLE) >= count
        wait_until(shown, f"table {count}")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(TIMEOUT)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()


class Target:
    """A running target.py, or `program` with its arguments."""

    def __init__(self, python: str, environment: "dict | None" = None, program: tuple = (TARGET,), **options) -> None:
        self.process = subprocess.Popen([python, "-S", *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        bufsize=0, env={**os.environ, **(environment or {})}, **options)
        self.pid = self.process.pid
        try:
            self.expect("ready")
        except AssertionError:
            self.close()
            raise

    def expect(self, text: str) -> None:
        answer = self.read()
        assert answer == text, f"the target answered {answer!r}, not {text!r}"

    def read(self) -> str:
        assert select.select([self.process.stdout], [], [], TIMEOUT)[0], "the target does not answer"
        return self.process.stdout.readline().decode().rstrip("\n")

    def send(self, command: str) -> None:
        self.process.stdin.write(f"{command}\n".encode())

    def ask(self, command: str) -> str:
        self.send(command)
        return self.read()

    def hold(self, count: int, size: int) -> None:
        assert self.ask(f"hold {count} {size}") == "held"

    def end(self, number: int = signal.SIGKILL) -> int:
        """Its exit status; -N when signal N killed it."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)

    def close(self) -> None:
        if self.process.poll() is None:
            self.end()
        self.process.stdin.close()
        self.process.stdout.close()


@functools.lru_cache(maxsize=None)
def supported_pythons() -> tuple:
    """The first is one that every user may execute, if there is one."""
    found = [interpreter.path for interpreter in interpreters.find_interpreters()]
    found = tuple(sorted(found, key=lambda path: not path.startswith("/usr/")))
    assert found, "no supported CPython is installed: run scripts/setup"
    return found


@functools.lru_cache(maxsize=None)
def unsupported_pythons() -> tuple:
    """(path, "X.Y") of CPythons 3 that tmbpf does not support, one for each minor version."""
    candidates = glob.glob("/usr/bin/python3.*") + glob.glob("/usr/local/bin/python3.*")
    candidates += glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python3.*"))
    found = {}
    for path in sorted(candidates):
        version = re.fullmatch(r"python(3\.\d+)", os.path.basename(path))
        if version and tuple(map(int, version[1].split("."))) not in interpreters.SUPPORTED and shutil.which(path):
            found.setdefault(version[1], path)
    return tuple((path, version) for version, path in found.items())


def is_locked(pid: int) -> bool:
    """Whether a tmbpf runs on the target, or has left its files behind."""
    return any(os.path.exists(f"{RUN_DIRECTORY}/{pid}.{kind}") for kind in ("lock", "sock"))


def is_held(pid: int) -> bool:
    """Whether a tmbpf holds the target's lock. A killed one may be a zombie and still hold it: its
    other threads are on their way out."""
    try:
        with open(f"{RUN_DIRECTORY}/{pid}.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        pass
    except BlockingIOError:
        return True
    return False


def remove_stale(pid: int) -> None:
    """Takes away what a tmbpf that was killed has left behind for a target of ours."""
    if not is_held(pid):
        for kind in ("sock", "lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{RUN_DIRECTORY}/{pid}.{kind}")


def held(snapshot: tracemalloc.Snapshot, marker: str = "held") -> tuple:
    """(bytes, blocks) of the target's line that keeps."""
    line = marked_line(marker)
    for statistic in snapshot.statistics("lineno"):
        frame = statistic.traceback[0]
        if frame.filename == TARGET and frame.lineno == line:
            return statistic.size, statistic.count
    return 0, 0


def expected(count: int, size: int) -> tuple:
    return count * sys.getsizeof(bytes(size)), count


class CommandLineTest(unittest.TestCase):
    """Each test ends what it started, whatever happens to it."""

    needs_root = True

    def setUp(self) -> None:
        if self.needs_root and os.geteuid() != 0:
            if os.environ.get("TMBPF_REQUIRE_ROOT") == "1":
                self.fail("the live tests need root")
            self.skipTest("needs root to load BPF programs; TMBPF_REQUIRE_ROOT=1 makes this a failure")
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="tmbpf-cli-"))

    def target(self, python: "str | None" = None, **options) -> Target:
        target = self.enterContext(contextlib.closing(Target(python or supported_pythons()[0], **options)))
        self.addCleanup(remove_stale, target.pid)
        return target

    def run_on(self, *words, **options) -> Running:
        return self.enterContext(contextlib.closing(Running(*words, **options)))

    def start_session(self, pid: int, *options) -> None:
        result = run_tmbpf("start", "--pid", pid, *options)
        self.assertEqual(result.status, DONE, result.err)
        self.addCleanup(run_tmbpf, "stop", "--pid", pid)

    def status(self, pid: int) -> dict:
        result = run_tmbpf("status", "--pid", pid, "--json", "--fresh")
        self.assertEqual(result.status, DONE, result.err)
        return json.loads(result.out)

    def snapshot(self, pid: int, name: str = "snapshot.pickle") -> tracemalloc.Snapshot:
        path = os.path.join(self.directory, name)
        result = run_tmbpf("snapshot", "--pid", pid, "--output", path)
        self.assertEqual(result.status, DONE, result.err)
        return tracemalloc.Snapshot.load(path)

    def mounted(self, options: str) -> str:
        """A small tmpfs; skips where mounting is not possible (a container)."""
        os.mkdir(place := os.path.join(self.directory, "mounted"))
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        return place

    def session_pid(self, pid: int) -> int:
        with open(f"{RUN_DIRECTORY}/{pid}.lock", encoding="utf-8") as lock:
            return int(lock.read())

    def assert_refused(self, result: Result, status: int, *words: str) -> None:
        """It failed with that status and one message that holds the words, and printed no result."""
        self.assertEqual(result.status, status, result.out + result.err)
        self.assertTrue(result.err.startswith("tmbpf: error: "), result.err)
        for word in words:
            self.assertIn(word, result.err)

    def assert_free(self, target: Target) -> None:
        """Nothing of tmbpf is left on the target, in its code or in the run directory."""
        self.assertEqual(code_differences(target.pid), 0)
        self.assertFalse(is_locked(target.pid))

    def assert_becomes_free(self, target: Target) -> None:
        """After a kill the kernel takes the probes out by itself, which takes it a moment."""
        wait_until(lambda: code_differences(target.pid) == 0 and not is_held(target.pid), "the probes go", 10)


def main() -> None:
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun == len(result.skipped) else 0)
