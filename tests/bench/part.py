# SPDX-License-Identifier: Apache-2.0
"""What the parts of the benchmark share."""
import argparse
import dataclasses

from bench_target import BenchFailed
from configuration import modes_of
from extent import Extent
from interpreters import Interpreter, probe
from tmbpf_command import TmbpfCommand

DEBIAN_PYTHON = "/usr/bin/python3"  # has Debian's Flask and test modules (scripts/setup)


@dataclasses.dataclass
class Bench:
    options: argparse.Namespace
    tmbpf: TmbpfCommand
    extent: Extent
    interpreters: list
    folder: str  # for what is thrown away
    result: dict  # what --json has
    modes: tuple = ()

    def find_modes(self, known: tuple) -> None:
        self.modes = modes_of(self.tmbpf)
        missing = [mode for mode in known if mode not in self.modes]
        if missing:
            print(f"This tmbpf has not all modes; left out: {', '.join(missing)}\n")

    def program_python(self) -> str:
        """What the workloads and leaks run on: the one that was asked for, else the system's, else the newest."""
        if self.options.python or not probe(DEBIAN_PYTHON):
            return self.newest().path
        return probe(DEBIAN_PYTHON).path

    def name_of(self, python: str) -> str:
        return probe(python).describe()

    def newest(self) -> Interpreter:
        """Of those that run without a root folder of their own, into which files would have to be brought."""
        fit = [interpreter for interpreter in self.interpreters if not interpreter.root]
        if not fit:
            raise BenchFailed("no Python outside of root folders")
        return max(fit, key=lambda interpreter: interpreter.version)

    def unmeasured(self, mode: str) -> str:
        return "not measured" if mode in self.modes else "not there yet"
