# SPDX-License-Identifier: Apache-2.0
"""Ways in which a target is traced, and which of them this tmbpf has."""
import contextlib
import dataclasses
import subprocess

from bench_target import BenchFailed, BenchTarget
from tmbpf_command import TmbpfCommand

MODES = ("exact", "live", "sampled", "auto")
DEPTHS = (1, 10, 25, 100)
BUDGETS = (2, 10, 50)  # percent
NO_PROCESS = 2**31 - 1  # no kernel gives this pid
USAGE, NOT_THERE = 2, 3  # exit statuses of tmbpf


@dataclasses.dataclass(frozen=True)
class Configuration:
    name: str
    start_options: tuple = ()  # of `tmbpf start`; none: tmbpf does not run
    tracemalloc_frames: int = 0
    short: str = ""  # for the head of a column
    memray: tuple = ()  # (on, allocators), as workload_target.py has them
    mode: str = ""  # of tmbpf, when it is one that a user chooses
    budget: int = 0  # percent, in auto mode


UNTRACED = Configuration("untraced")
BARE = Configuration("bare probes", ("--bare-probes",), short="bare")
TRACEMALLOC = {frames: Configuration(f"tracemalloc {frames}", tracemalloc_frames=frames,
                                     short=f"tracemalloc {frames}") for frames in DEPTHS}
MEMRAY = Configuration("memray", memray=(1, 0))
MEMRAY_BLOCKS = Configuration("memray, Python's blocks", memray=(1, 1))


def options_of(mode: str, budget: int = 0) -> tuple:
    """sampled has its default budget. The others keep none, so none must make them step down."""
    if mode in ("exact", "live"):
        return "--mode", mode, "--max-slowdown", "none"
    return ("--mode", mode, "--max-slowdown", budget) if budget else ("--mode", mode)


def with_frames(mode: str, frames: int) -> Configuration:
    return Configuration(f"{mode} {frames}", (*options_of(mode), "--frames", frames), mode=mode)


def with_budget(budget: int) -> Configuration:
    return Configuration(f"auto {budget} %", options_of("auto", budget), mode="auto", budget=budget)


def modes_of(tmbpf: TmbpfCommand) -> tuple:
    """Those of MODES that this tmbpf has. One that it has makes it look for the process, one that it has not is
    a usage error."""
    return tuple(mode for mode in MODES if accepts(tmbpf, options_of(mode, BUDGETS[0] if mode == "auto" else 0)))


def accepts(tmbpf: TmbpfCommand, options: tuple) -> bool:
    command = [tmbpf.binary, "start", "--pid", str(NO_PROCESS), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False)
    if done.returncode not in (USAGE, NOT_THERE):
        raise BenchFailed(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
    return done.returncode == NOT_THERE


@contextlib.contextmanager
def traced(tmbpf: TmbpfCommand, target: BenchTarget, configuration: Configuration):
    """The target is traced like that while the block runs."""
    with contextlib.ExitStack() as stack:
        if configuration.start_options:
            stack.enter_context(tmbpf.session(target.pid, *configuration.start_options))
        if configuration.tracemalloc_frames:
            target.ask("tracemalloc", frames=configuration.tracemalloc_frames)
            stack.callback(target.ask, "tracemalloc", frames=0)
        if configuration.memray:
            on, allocators = configuration.memray
            target.ask("memray", on=on, allocators=allocators)
            stack.callback(target.ask, "memray", on=0)
        yield
