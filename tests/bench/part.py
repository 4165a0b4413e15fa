# SPDX-License-Identifier: Apache-2.0
"""What the parts of the benchmark share."""
import argparse
import dataclasses

from bench_target import BenchFailed
from configuration import MODES, modes_of
from extent import Extent
from interpreters import Interpreter, probe
from plan import Progress
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
    modes: tuple = ()  # that are measured
    absent: tuple = ()  # that this tmbpf has not
    progress: Progress = dataclasses.field(default_factory=lambda: Progress([]))

    def find_modes(self) -> None:
        """Those that were asked for, else all that this tmbpf has."""
        there = modes_of(self.tmbpf)
        self.absent = tuple(mode for mode in MODES if mode not in there)
        self.modes = tuple(mode for mode in there if mode in (self.options.mode or MODES))
        wanted = [mode for mode in self.options.mode or () if mode in self.absent]
        if wanted:
            raise BenchFailed(f"this tmbpf has not the mode {', '.join(wanted)}")
        if self.absent:
            print(f"This tmbpf has not all modes; left out: {', '.join(self.absent)}\n")

    def program_python(self) -> str:
        """What the workloads and leaks run on: the one that was asked for, else the system's, else the newest."""
        if self.options.python or not probe(DEBIAN_PYTHON):
            return self.newest().path
        return probe(DEBIAN_PYTHON).path

    def traced_pythons(self) -> list:
        """What pairs and sessions are measured on."""
        every = self.extent.every_python or self.options.python
        return self.interpreters if every else [probe(self.program_python())]

    def name_of(self, python: str) -> str:
        return probe(python).describe()

    def newest(self) -> Interpreter:
        """Of those that run without a root folder of their own, into which files would have to be brought."""
        fit = [interpreter for interpreter in self.interpreters if not interpreter.root]
        if not fit:
            raise BenchFailed("no Python outside of root folders")
        return max(fit, key=lambda interpreter: interpreter.version)

    def unmeasured(self, mode: str) -> str:
        """Why nothing was measured in it."""
        return f"this tmbpf has no {mode} mode" if mode in self.absent else "left out of this run"
