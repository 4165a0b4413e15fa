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
import sys

from python_root import command_in, default_folder, interpreter_paths, split_path

SUPPORTED = tuple((3, minor) for minor in range(8, 16))
PROBE_SECONDS = 20
INSTALLED = "installed"

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
        embedded = "embedded " if os.path.basename(self.path).startswith("embed_") else ""
        kind = embedded + "libpython" if self.library else "executable"
        return f"{os.path.basename(self.root)} {kind}" if self.root else kind

    def describe(self) -> str:
        return f"CPython {'.'.join(map(str, self.version))} at {self.name} ({self.build})"

    def command(self, binds: dict, words: list) -> list:
        """Runs the interpreter with these arguments; binds: see command_in."""
        words = [self.path, *words]
        return command_in(self.root, binds, words) if self.root else words


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


def probe(path: str) -> "Interpreter | None":
    """None when it does not run or is not one that tmbpf supports."""
    root, inner = split_path(path)
    command = [inner, "-I", "-S", "-c", PROBE]
    try:
        done = subprocess.run(command_in(root, {}, command) if root else command, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS, check=True)
        answer = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    version = tuple(answer["version"])
    if answer["implementation"] != "cpython" or answer["special"] or version[:2] not in SUPPORTED:
        return None
    return Interpreter(answer["executable"], version, answer["library"], root)


def probe_each(paths: list) -> list:
    found: dict = {}
    seen: set = set()
    for path in paths:
        root, inner = split_path(path)
        real = path if root else os.path.realpath(inner)
        if real in seen:
            continue
        seen.add(real)
        interpreter = probe(path)
        if interpreter:
            found.setdefault(interpreter.name, interpreter)
    return sorted(found.values(), key=lambda one: (one.root, one.version, one.path))


def find_interpreters() -> list:
    chosen = [path for path in os.environ.get("TMBPF_TEST_PYTHONS", "").split(":") if path]
    return probe_each(chosen or candidate_paths())


def find_rows(chosen: list, folder: str) -> list:
    """Those of some rows of the table of supported Pythons: "installed", names of roots in the folder
    (scripts/targets), or "all"."""
    found = find_interpreters() if {"all", INSTALLED} & set(chosen) else []
    return found + [one for one in probe_each(interpreter_paths(folder))
                    if "all" in chosen or os.path.basename(one.root) in chosen]


def test_rows() -> list:
    """What the environment chooses: TMBPF_TEST_ROWS (words), by default what is installed."""
    return find_rows(os.environ.get("TMBPF_TEST_ROWS", INSTALLED).split(), default_folder())


def main() -> int:
    for each in find_rows(["all"], default_folder()):
        print(each.describe())
    return 0


if __name__ == "__main__":
    sys.exit(main())
