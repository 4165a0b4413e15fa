# SPDX-License-Identifier: Apache-2.0
"""How long the BPF programs themselves run, and how often: the kernel's own statistics of them."""
import ctypes
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess

from bench_target import BenchFailed, BenchTarget
from configuration import BARE, traced
from pair_cost import TMBPF, PairCost
from target import CASES
from tmbpf_command import TmbpfCommand

SYS_BPF = 321  # x86-64
BPF_ENABLE_STATS = 32  # enum bpf_cmd; since Linux 5.8
BPF_STATS_RUN_TIME = 0
BPFTOOL_SECONDS = 30
TRACED = TMBPF[10]  # the default
# Those of the probe sites; the others run for every process of the machine (bpf/tmbpf.bpf.c).
SITE_PROGRAMS = ("allocate_enter", "allocate_exit", "release_enter", "owner_enter", "nothing_enter")
FEWEST_RUNS = 0.01  # per turn; fewer come from what is around the loop
SHARE_OF_TURNS = 0.5  # of those of a cost measurement: counts need less than times


@contextlib.contextmanager
def statistics_enabled():
    """As long as the descriptor is open, so it ends with us, whatever happens. They cost some tens
    of nanoseconds a run and are for the whole machine: only on while this is measured."""
    libc = ctypes.CDLL(None, use_errno=True)
    kind = ctypes.c_uint32(BPF_STATS_RUN_TIME)
    descriptor = libc.syscall(SYS_BPF, BPF_ENABLE_STATS, ctypes.byref(kind), ctypes.sizeof(kind))
    if descriptor < 0:
        raise BenchFailed(f"no BPF statistics: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        os.close(descriptor)


def find_bpftool() -> str:
    path = shutil.which("bpftool", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if not path:
        raise BenchFailed("no BPF statistics: bpftool is not installed")
    return path


def program_ids(process: int) -> set:
    """Ids of the programs that the process holds; other sessions have programs of the same names."""
    ids = set()
    for path in glob.glob(f"/proc/{process}/fdinfo/*"):
        with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as file:
            ids.update(map(int, re.findall(r"^prog_id:\s*(\d+)", file.read(), re.MULTILINE)))
    return ids


class ProgramTime:
    """programs[configuration name][case][program]: {"runs": per turn, "ns": per run}.

    Making one throws BenchFailed where there are no such statistics."""

    def __init__(self, tmbpf: TmbpfCommand, target: BenchTarget, pairs: PairCost) -> None:
        self._tmbpf = tmbpf
        self._target = target
        self._pairs = pairs
        self._bpftool = find_bpftool()
        with statistics_enabled():
            pass
        self.programs: dict = {}
        self.missed = 0  # hits on which the kernel did not run the program

    def measure(self) -> None:
        for configuration in (BARE, TRACED):
            cases = self.programs[configuration.name] = {}
            with traced(self._tmbpf, self._target, configuration), statistics_enabled():
                ids = program_ids(self._tmbpf.session_pid(self._target.pid))
                for case in CASES:
                    turns = int(self._pairs.turns(case, configuration) * SHARE_OF_TURNS) or 1
                    before = self._read(ids)
                    self._target.ask("run", case=case, turns=turns)
                    cases[case] = self._difference(before, self._read(ids), turns)

    def traps(self, case: str) -> float:
        """Probe hits of one turn."""
        return sum(each["runs"] for each in self.programs[BARE.name][case].values())

    def empty_program(self, case: str) -> float:
        """ns that the statistics say for a program that does nothing: their own cost."""
        bare = self.programs[BARE.name][case].values()
        return sum(each["ns"] for each in bare)

    def inside(self, case: str) -> float:
        """ns of one turn inside our programs, without what measuring it takes."""
        empty = self.empty_program(case)
        return sum(each["runs"] * (each["ns"] - empty)
                   for each in self.programs[TRACED.name][case].values())

    def _read(self, ids: set) -> dict:
        done = subprocess.run([self._bpftool, "-j", "prog", "show"], capture_output=True, text=True,
                              check=False, timeout=BPFTOOL_SECONDS)
        if done.returncode != 0:
            raise BenchFailed("bpftool: " + done.stderr.strip())
        return {program["name"]: program for program in json.loads(done.stdout)
                if program["id"] in ids and program.get("name") in SITE_PROGRAMS}

    def _difference(self, before: dict, after: dict, turns: int) -> dict:
        result = {}
        for name, program in after.items():
            def grown(key: str) -> int:
                return program.get(key, 0) - before.get(name, {}).get(key, 0)
            self.missed += grown("recursion_misses")
            if grown("run_cnt") >= FEWEST_RUNS * turns:
                result[name] = {"runs": grown("run_cnt") / turns,
                                "ns": grown("run_time_ns") / grown("run_cnt")}
        return result
