# SPDX-License-Identifier: Apache-2.0
"""The libraries, installed into a folder of their own, and programs outside the tree that use them."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def run(*words: str) -> str:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


class Installed:
    """The component devel of TMBPF_BUILD, below `folder`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.prefix = os.path.join(folder, "prefix")
        run("cmake", "--install", os.environ["TMBPF_BUILD"], "--component", "devel", "--prefix", self.prefix)

    def build(self, project: str, *options: str) -> str:
        """Returns the path of the program."""
        build = os.path.join(self.folder, project)
        run("cmake", "-S", os.path.join(HERE, project), "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={os.environ['CXX']}", f"-DTMBPF_HEADERS={self.prefix}/include/tmbpf",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra", *options)
        run("cmake", "--build", build)
        return os.path.join(build, project)
