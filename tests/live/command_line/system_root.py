# SPDX-License-Identifier: Apache-2.0
"""A small root folder with a copy of the system's own Python: what a container's image is, without
a download."""
import glob
import os
import re
import shutil
import subprocess

# Besides the Python, what scripts/targets --run calls in the root.
PROGRAMS = ("/usr/bin/env", "/usr/bin/umount", "/usr/bin/rmdir")
EMPTY = ("proc", "mnt", "tmp", "usr/local/bin")


def system_python() -> str:
    """The newest in /usr/bin, "" when there is none."""
    found = [path for path in glob.glob("/usr/bin/python3.[0-9]*") if re.fullmatch(r".*/python3\.\d+", path)]
    return max(found, key=lambda path: int(path.rpartition(".")[2]), default="")


def libraries_of(program: str) -> list:
    """As the program names them, the dynamic linker among them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", listed)


def copy_in(path: str, root: str) -> None:
    """A file, where its directory really is, under the name that was asked for."""
    to = root + os.path.realpath(os.path.dirname(path))
    os.makedirs(to, exist_ok=True)
    shutil.copy2(path, to)


def make_system_root(root: str) -> str:
    """Fills the folder; the interpreter in it, as python_root.py names those."""
    python = system_python()
    if not python:
        raise RuntimeError("no Python in /usr/bin: run scripts/setup")
    for path in {path for program in (python, *PROGRAMS) for path in (program, *libraries_of(program))}:
        copy_in(path, root)
    library = f"lib/{os.path.basename(python)}"
    shutil.copytree(f"/usr/{library}", f"{root}/usr/{library}", symlinks=True,
                    ignore=shutil.ignore_patterns("test", "config-*", "__pycache__", "dist-packages"))
    for module in glob.glob(f"/usr/{library}/lib-dynload/_ctypes.*"):
        for path in libraries_of(module):
            copy_in(path, root)
    for name in ("bin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
    for name in EMPTY:
        os.makedirs(f"{root}/{name}", exist_ok=True)
    return f"{root}/{python}"
