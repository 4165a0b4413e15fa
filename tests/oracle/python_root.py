# SPDX-License-Identifier: Apache-2.0
"""Root folders with other Pythons (scripts/targets), and how a process is run in one.

An interpreter in a root is written ROOT//usr/bin/python3.13: the root folder, then, after the
double slash, the path as a process in there sees it.
"""
import dataclasses
import glob
import os
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TARGETS = os.path.join(HERE, "..", "..", "scripts", "targets")
START_SECONDS = 30
PYTHON, EMBEDDING = "usr/bin/python", "usr/local/bin/embed_python"  # in a root, before the version


def default_folder() -> str:
    return os.environ.get("TMBPF_TARGETS", "/var/cache/tmbpf-targets")


def split_path(path: str) -> tuple:
    """(root, path in it) of ROOT//PATH; ("", path) of any other."""
    root, separator, inner = path.rpartition("//")
    return (root, "/" + inner) if separator and root else ("", path)


def is_finished(root: str) -> bool:
    return os.path.exists(f"{root}/usr/bin/env") and not os.path.exists(f"{root}/debootstrap")


def finished_roots(folder: str) -> list:
    return [root for root in sorted(glob.glob(f"{folder}/*")) if is_finished(root)]


def interpreter_paths(root: str) -> list:
    """What is in a finished root, among it the embedding programs that were put there."""
    return [f"{root}//{path[len(root) + 1:]}" for pattern in (PYTHON, EMBEDDING)
            for path in sorted(glob.glob(f"{root}/{pattern}3.[0-9]*"))
            if path.rpartition(".")[2].isdigit() and not os.path.islink(path)]


@dataclasses.dataclass(frozen=True)
class Demand:
    """A root that scripts/targets makes."""
    versions: tuple  # of Python, each "3.13"
    droppable: bool  # the archive need not have it

    def paths(self, root: str) -> list:
        """What must start in it."""
        return [f"{root}//{kind}{version}" for kind in (PYTHON, EMBEDDING) for version in self.versions]


def demands() -> dict:
    """name of the root -> Demand"""
    listed = subprocess.run([TARGETS, "--versions"], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in listed.splitlines()]
    return {name: Demand(tuple(versions), kind == "droppable") for name, kind, *versions in lines}


def default_version(root: str) -> str:
    """"3.13" of the Python that is python3 there; "" without one."""
    try:
        return os.path.basename(os.readlink(f"{root}/usr/bin/python3")).removeprefix("python")
    except OSError:
        return ""


def command_in(root: str, binds: dict, command: list) -> list:
    """The command, run in the root with namespaces of its own; `binds` are folders outside -> the
    name that each has in /mnt."""
    options = [word for folder, name in binds.items() for word in ("--bind", f"{folder}:{name}")]
    return [TARGETS, "--run", root, *options, "--", *command]


def wait_for_inner_pid(pid: int) -> int:
    """The pid, out here, of what the process `pid` (started by command_in) runs."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                children = file.read().split()
            # unshare(1) has one child; the shell that it replaces may have others for a moment.
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                started = file.read().strip() == "unshare"
        except FileNotFoundError:
            break
        if started and len(children) == 1:
            return int(children[0])
        time.sleep(0.005)
    raise RuntimeError(f"nothing was started in the root by process {pid}")
