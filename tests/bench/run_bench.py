# SPDX-License-Identifier: Apache-2.0
"""What tmbpf costs, in one run with what it is measured against; and what it finds.

tracing    pairs of an allocation and its free, attaching, snapshots, a killed tracer; beside the bare probes and
           stdlib tracemalloc; on every supported Python found, with --quick on Debian's
views      stats and diff of large snapshots; beside tracemalloc, on the newest Python. Needs no root
workloads  programs (tests/bench/workloads) under each tracer, mode, depth and budget; as ratios to untraced
memory     what tracing the standard library's tests takes, in the target, in tmbpf and in the kernel
leaks      programs (tests/bench/leaks) that leak from one line: is it found, with how many bytes

The last three run on Debian's Python, or the newest that --python names. Slow figures are no failure: the exit
status is 0 unless something breaks, or a view shows other numbers than Python's. A full run takes about two hours,
most of it the workloads; --quick a minute or so for each part, with rough figures, fewer workloads and depths.
"""
import argparse
import dataclasses
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "oracle"))

import leaks  # noqa: E402
import report  # noqa: E402
import workloads  # noqa: E402
from bench_target import BenchFailed  # noqa: E402
from configuration import MODES  # noqa: E402
from extent import FULL, QUICK, Extent  # noqa: E402
from interpreters import find_interpreters, probe  # noqa: E402
from part import Bench  # noqa: E402
from tmbpf_command import TmbpfCommand  # noqa: E402

PARTS = ("tracing", "views", "workloads", "memory", "leaks")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tmbpf", required=True, metavar="BINARY", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a smoke run: the figures are rough")
    parser.add_argument("--only", choices=PARTS, help="one part; views needs no root")
    parser.add_argument("--json", metavar="FILE", help="write everything there, for programs")
    parser.add_argument("--python", action="append", metavar="PATH",
                        help="only this interpreter; may repeat; all parts but tracing take the newest")
    parser.add_argument("--workload", action="append", choices=workloads.NAMES, metavar="NAME",
                        help=f"only this workload; may repeat: {', '.join(workloads.NAMES)}")
    parser.add_argument("--leak", action="append", choices=leaks.NAMES, metavar="NAME",
                        help=f"only this leak; may repeat: {', '.join(leaks.NAMES)}")
    parser.add_argument("--rounds", type=int, metavar="N", help="of the workloads and of the memory")
    parser.add_argument("--steady", type=float, metavar="SECONDS",
                        help="of a measurement in the modes that act from time to time, after as many to settle")
    options = parser.parse_args()
    options.tmbpf = os.path.abspath(options.tmbpf)
    return options


def chosen_interpreters(paths: "list | None") -> list:
    if not paths:
        return find_interpreters()
    chosen = [probe(path) for path in paths]
    unfit = [path for path, interpreter in zip(paths, chosen) if not interpreter]
    if unfit:
        raise BenchFailed(f"not a supported Python: {', '.join(unfit)}")
    return chosen


def describe_system(tmbpf: TmbpfCommand) -> str:
    return (f"{tmbpf.run('--version')[1].strip()}, Linux {platform.release()}, "
            f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")


def extent_of(options: argparse.Namespace) -> Extent:
    extent = QUICK if options.quick else FULL
    if options.rounds:
        extent = dataclasses.replace(extent, workload_rounds=options.rounds, memory_rounds=options.rounds)
    if options.steady:
        extent = dataclasses.replace(extent, steady_seconds=options.steady)
    return extent


def run(options: argparse.Namespace) -> dict:
    """Everything that was measured, as --json has it."""
    begin = time.monotonic()
    tmbpf = TmbpfCommand(options.tmbpf)
    interpreters = chosen_interpreters(options.python)
    if not interpreters:
        raise BenchFailed("no supported Python found")
    system = describe_system(tmbpf)
    print(f"{system}\n")
    result: dict = {"system": system, "quick": options.quick, "interpreters": [], "goals": []}
    parts = [options.only] if options.only else PARTS
    with tempfile.TemporaryDirectory(prefix="tmbpf-bench-") as folder:
        bench = Bench(options, tmbpf, extent_of(options), interpreters, folder, result)
        if parts != ["views"]:
            bench.find_modes(MODES)
        result["modes"] = bench.modes
        for part in parts:
            importlib.import_module(part + "_part").measure(bench)
            sys.stdout.flush()
    if result["goals"]:
        report.print_goals(result["goals"])
    result["goals"] = [goal.as_json() for goal in result["goals"]]
    result["seconds"] = time.monotonic() - begin
    print(f"This took {result['seconds']:.0f} s.")
    return result


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    options = parse_options()
    try:
        # Opened first: a path that cannot be written should not be found out after minutes.
        with open(options.json or os.devnull, "w", encoding="utf-8") as file:
            json.dump(run(options), file, indent=1, default=dataclasses.asdict)
    except (BenchFailed, OSError, subprocess.SubprocessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
