# SPDX-License-Identifier: Apache-2.0
"""Finds every supported CPython on this machine, each binary once.

TMBPF_TEST_PYTHONS, paths with colons between them, replaces the search. A path may name an
interpreter in a root folder (see python_root.py).
"""
import dataclasses
import glob
import json
import os
import shutil
import subprocess

from python_root import EMBEDDING, command_in, split_path

SUPPORTED = tuple((3, minor) for minor in range(8, 16))
PROBE_SECONDS = 20

# Asked of each candidate: sysconfig lies on Debian (it describes the shared build, the executable
# is linked statically), so the kernel's view of the running process decides.
PROBE = """
import json, os, sys, sysconfig
maps = open("/proc/self/maps").read()
library = [line.split()[-1] for line in maps.splitlines() if "libpython" in line]
print(json.dumps({
    "implementation": sys.implementation.name, "version": sys.version_info[:3],
    "special": hasattr(sys, "gettotalrefcount") or bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "executable": os.path.realpath("/proc/self/exe"),
    "library": os.path.realpath(library[0]) if library else ""}))
"""


def build_name(root: str, path: str, in_library: bool) -> str:
    embedded = "embedded " if os.path.basename(path).startswith(os.path.basename(EMBEDDING)) else ""
    kind = embedded + "libpython" if in_library else "executable"
    return f"{os.path.basename(root)} {kind}" if root else kind


@dataclasses.dataclass(frozen=True)
class Interpreter:
    path: str  # the real file that runs, as it is seen in its root
    version: tuple
    library: str  # libpython that it maps, "" when the interpreter is in the executable
    root: str = ""  # the folder that is / to it, "" for the system's own

    @property
    def name(self) -> str:
        """What probe() takes."""
        return f"{self.root}/{self.path}" if self.root else self.path

    @property
    def build(self) -> str:
        return build_name(self.root, self.path, bool(self.library))

    def describe(self) -> str:
        return f"CPython {'.'.join(map(str, self.version))} at {self.name} ({self.build})"

    def command(self, binds: dict, words: list) -> list:
        """Runs the interpreter with these arguments; binds: see command_in."""
        words = [self.path, *words]
        return command_in(self.root, binds, words) if self.root else words


class NotStarted(Exception):
    """An interpreter that does not run; the text says why."""


class NotSupported(Exception):
    """One that runs, but is none that tmbpf supports."""


def candidate_paths() -> list:
    names = [f"python{major}.{minor}" for major, minor in SUPPORTED]
    folders = ["/usr/bin", "/usr/local/bin", *os.environ.get("PATH", "").split(os.pathsep)]
    paths = [os.path.join(folder, name) for folder in folders for name in (*names, "python3")]
    # Under sudo the home is root's; the Pythons are likely the caller's.
    homes = [os.path.expanduser("~"), os.path.expanduser("~" + os.environ.get("SUDO_USER", ""))]
    pyenvs = [os.environ.get("PYENV_ROOT", homes[0] + "/.pyenv"), *(home + "/.pyenv" for home in homes)]
    patterns = [pyenv + "/versions/*/bin" for pyenv in pyenvs]
    for pattern in (*patterns, "/opt/*/bin", "/usr/local/*/bin"):
        paths += [path for name in names for path in sorted(glob.glob(f"{pattern}/{name}"))]
    return [path for path in paths if shutil.which(path)]


def ask(path: str) -> dict:
    """What PROBE says; NotStarted."""
    root, inner = split_path(path)
    if root and not os.path.exists(root + inner):
        raise NotStarted(f"{inner} is not there")
    command = [inner, "-I", "-S", "-c", PROBE]
    try:
        done = subprocess.run(command_in(root, {}, command) if root else command, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS, check=False)
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["it says nothing"]
            raise NotStarted(f"{inner}: status {done.returncode}: {said[-1]}")
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise NotStarted(f"{inner}: {error}") from None


def start(path: str) -> Interpreter:
    """Starts it once; NotStarted or NotSupported."""
    answer = ask(path)
    version = tuple(answer["version"])
    if answer["implementation"] != "cpython" or answer["special"] or version[:2] not in SUPPORTED:
        raise NotSupported(f"{path}: {answer['implementation']} {'.'.join(map(str, version))} is not supported")
    return Interpreter(answer["executable"], version, answer["library"], split_path(path)[0])


def probe(path: str) -> "Interpreter | None":
    """None when it does not run or is not one that tmbpf supports."""
    try:
        return start(path)
    except (NotStarted, NotSupported):
        return None


def probe_each(paths: list) -> list:
    """Those of the paths that are supported, each real file once."""
    found = {}
    for path in dict.fromkeys(map(os.path.realpath, paths)):
        interpreter = probe(path)
        if interpreter:
            found.setdefault(interpreter.path, interpreter)
    return sorted(found.values(), key=lambda one: (one.version, one.path))


def find_interpreters() -> list:
    """NotStarted or NotSupported for one that TMBPF_TEST_PYTHONS names."""
    chosen = [path for path in os.environ.get("TMBPF_TEST_PYTHONS", "").split(":") if path]
    return [start(path) for path in chosen] or probe_each(candidate_paths())
