# SPDX-License-Identifier: Apache-2.0
"""Root folders with other Pythons (scripts/targets), and how a process is run in one.

An interpreter in a root is written ROOT//usr/bin/python3.13: the root folder, then, after the
double slash, the path as a process in there sees it.
"""
import glob
import os
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TARGETS = os.path.join(HERE, "..", "..", "scripts", "targets")
START_SECONDS = 30


def default_folder() -> str:
    return os.environ.get("TMBPF_TARGETS", "/var/cache/tmbpf-targets")


def split_path(path: str) -> tuple:
    """(root, path in it) of ROOT//PATH; ("", path) of any other."""
    root, separator, inner = path.rpartition("//")
    return (root, "/" + inner) if separator and root else ("", path)


def interpreter_paths(folder: str) -> list:
    """Those of every finished root in the folder, and the embedding programs put into them."""
    roots = [root for root in sorted(glob.glob(f"{folder}/*"))
             if os.path.exists(f"{root}/usr/bin/env") and not os.path.exists(f"{root}/debootstrap")]
    return [f"{root}//{path[len(root) + 1:]}" for root in roots
            for pattern in ("usr/bin/python3.[0-9]*", "usr/local/bin/embed_python3.[0-9]*")
            for path in sorted(glob.glob(f"{root}/{pattern}"))
            if path.rpartition(".")[2].isdigit() and not os.path.islink(path)]


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
