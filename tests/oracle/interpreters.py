# SPDX-License-Identifier: Apache-2.0
"""Finds every supported CPython on this machine, each binary once."""
import dataclasses
import glob
import json
import os
import shutil
import subprocess
import sys

SUPPORTED = ((3, 11),)
PROBE_SECONDS = 20

# Asked of each candidate: sysconfig lies on Debian (it describes the shared build, the executable
# is linked statically), so the kernel's view of the running process decides.
PROBE = """
import json, os, sys, sysconfig
maps = open("/proc/self/maps").read()
library = [line.split()[-1] for line in maps.splitlines() if "libpython" in line]
print(json.dumps({
    "implementation": sys.implementation.name, "version": sys.version_info[:3],
    "debug": hasattr(sys, "gettotalrefcount"), "executable": os.path.realpath("/proc/self/exe"),
    "library": os.path.realpath(library[0]) if library else ""}))
"""


@dataclasses.dataclass(frozen=True)
class Interpreter:
    path: str  # the real file that runs
    version: tuple
    library: str  # libpython that it maps, "" when the interpreter is in the executable

    def describe(self) -> str:
        kind = "shared library" if self.library else "all in the executable"
        return f"CPython {'.'.join(map(str, self.version))} at {self.path} ({kind})"


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
    try:
        done = subprocess.run([path, "-I", "-S", "-c", PROBE], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS, check=True)
        answer = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    version = tuple(answer["version"])
    if answer["implementation"] != "cpython" or answer["debug"] or version[:2] not in SUPPORTED:
        return None
    return Interpreter(answer["executable"], version, answer["library"])


def find_interpreters() -> list:
    found: dict = {}
    seen: set = set()
    for path in candidate_paths():
        real = os.path.realpath(path)
        if real in seen:
            continue
        seen.add(real)
        interpreter = probe(path)
        if interpreter:
            found.setdefault(interpreter.path, interpreter)
    return list(found.values())


if __name__ == "__main__":
    for each in find_interpreters():
        print(each.describe())
    sys.exit(0)
