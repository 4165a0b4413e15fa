# SPDX-License-Identifier: Apache-2.0
"""The program that embeds CPython (tests/programs/embed_python.c), linked with a root's libpython."""
import os
import re
import subprocess

from python_root import EMBEDDING
from target_run import TESTS

SOURCE = os.path.join(TESTS, "programs", "embed_python.c")
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def build_embedding(root: str) -> None:
    """Compiles it against each libpython of the root, into the root. One that does not compile is not
    there then; the compiler has said why."""
    libraries = os.path.join(root, LIBRARIES)
    for name in sorted(os.listdir(libraries)):
        version = re.fullmatch(r"libpython(3\.\d+)\.so\.1\.0", name)  # not the debug build, "3.13d"
        if not version:
            continue
        output = f"{root}/{EMBEDDING}{version[1]}"
        if os.path.exists(output):
            os.unlink(output)
        # The library wants its own root's libc, which the linker does not look for here.
        subprocess.run(["cc", "-O2", "-nostartfiles", "-o", output, SOURCE, os.path.join(libraries, name),
                        "-Wl,--unresolved-symbols=ignore-in-shared-libs"], check=False)
