# SPDX-License-Identifier: Apache-2.0
"""What tmbpf costs, in one run with what it is measured against; and what it finds.

tracing    pairs of an allocation and its free, attaching, snapshots, a killed tracer; beside the bare probes and
           stdlib tracemalloc
views      stats and diff of large snapshots; beside tracemalloc, on the newest Python. Needs no root
workloads  programs (tests/bench/workloads) under each tracer, mode, depth and budget; as ratios to untraced
memory     what tracing the standard library's tests takes, in the target, in tmbpf and in the kernel
leaks      programs (tests/bench/leaks) that leak from one line: is it found, with how many bytes

The last three run on Debian's Python, or the newest that --python names; so does tracing, but for --thorough. Slow
figures are no failure: the exit status is 0 unless something breaks, or a view shows other numbers than Python's.
A run takes about 55 minutes, most of them in the modes that act from time to time and so must be watched for a while;
it begins with its plan. --quick is a minute or two for each part, with rough figures; --thorough takes hours: every
Python, every depth and mode on every workload, five rounds of all.
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
from extent import DEFAULT, QUICK, THOROUGH, Extent  # noqa: E402
from interpreters import find_interpreters, probe  # noqa: E402
from part import Bench  # noqa: E402
from plan import Progress, clock, print_plan  # noqa: E402
from tmbpf_command import TmbpfCommand  # noqa: E402
from workloads_part import find_memray  # noqa: E402

PARTS = ("tracing", "views", "workloads", "memory", "leaks")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tmbpf", required=True, metavar="BINARY", help=argparse.SUPPRESS)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="a smoke run: the figures are rough")
    length.add_argument("--thorough", action="store_true", help="every column, for hours")
    parser.add_argument("--plan", action="store_true", help="print what would be measured, and end")
    parser.add_argument("--only", choices=PARTS, help="one part; views needs no root")
    parser.add_argument("--json", metavar="FILE", help="write everything there, for programs")
    parser.add_argument("--python", action="append", metavar="PATH",
                        help="only this interpreter; may repeat; all parts but tracing take the newest")
    parser.add_argument("--workload", action="append", choices=workloads.NAMES, metavar="NAME",
                        help=f"only this workload; may repeat: {', '.join(workloads.NAMES)}")
    parser.add_argument("--leak", action="append", choices=leaks.NAMES, metavar="NAME",
                        help=f"only this leak; may repeat: {', '.join(leaks.NAMES)}")
    parser.add_argument("--mode", action="append", choices=MODES, help="only this mode; may repeat")
    parser.add_argument("--rounds", type=positive, metavar="N", help="of the workloads and of the memory")
    parser.add_argument("--sampled-seconds", type=seconds, metavar="S",
                        help=f"of a workload's measurement when sampled (default {DEFAULT.sampled_seconds:g})")
    parser.add_argument("--leak-seconds", type=seconds, metavar="S",
                        help="that a leak goes on when sampled, between two snapshots "
                        f"(default {DEFAULT.sampled_leak_seconds:g})")
    options = parser.parse_args()
    options.tmbpf = os.path.abspath(options.tmbpf)
    return options


def positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def seconds(text: str) -> float:
    if not (number := float(text)) > 0:
        raise ValueError
    return number


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
    extent = QUICK if options.quick else THOROUGH if options.thorough else DEFAULT
    changes: dict = {}
    if options.rounds:
        kinds = ("goal_rounds", "side_rounds", "sampled_rounds", "auto_rounds", "memory_rounds")
        changes.update(dict.fromkeys(kinds, options.rounds))
    if options.sampled_seconds:
        changes["sampled_seconds"] = options.sampled_seconds
    if options.leak_seconds:
        changes["sampled_leak_seconds"] = options.leak_seconds
    if options.mode:
        changes["leak_modes"] = tuple(options.mode)
    if options.leak:
        changes["leaks"] = tuple(dict.fromkeys(options.leak))
    if options.workload:
        chosen = tuple(dict.fromkeys(options.workload))
        changes.update(workloads=chosen, memray_workloads=chosen, left_out_when_long=())
    return dataclasses.replace(extent, **changes)


def plan_of(parts: list, bench: Bench) -> list:
    steps = []
    for part in parts:
        module = importlib.import_module(part + "_part")
        more = (len(bench.traced_pythons()),) if part == "tracing" else ()
        steps += module.plan(bench.extent, bench.modes, *more)
    return steps


def prepare(bench: Bench, parts: list) -> None:
    """Finds what there is to measure with; prints the plan."""
    if parts != ["views"]:
        bench.find_modes()
    if "workloads" in parts and not find_memray(bench.program_python()):
        bench.extent = dataclasses.replace(bench.extent, memray_workloads=())
    steps = plan_of(parts, bench)
    print_plan(steps)
    bench.progress = Progress(steps)


def run(options: argparse.Namespace) -> dict:
    """Everything that was measured, as --json has it."""
    begin = time.monotonic()
    tmbpf = TmbpfCommand(options.tmbpf)
    interpreters = chosen_interpreters(options.python)
    if not interpreters:
        raise BenchFailed("no supported Python found")
    system = describe_system(tmbpf)
    print(f"{system}\n")
    extent = extent_of(options)
    result: dict = {"system": system, "extent": extent, "interpreters": [], "goals": [], "part_seconds": {}}
    parts = [options.only] if options.only else list(PARTS)
    with tempfile.TemporaryDirectory(prefix="tmbpf-bench-") as folder:
        bench = Bench(options, tmbpf, extent, interpreters, folder, result)
        prepare(bench, parts)
        result["modes"] = bench.modes
        for part in [] if options.plan else parts:
            since = time.monotonic()
            importlib.import_module(part + "_part").measure(bench)
            result["part_seconds"][part] = time.monotonic() - since
            sys.stdout.flush()
    if result["goals"]:
        report.print_goals(result["goals"])
    result["goals"] = [goal.as_json() for goal in result["goals"]]
    result["seconds"] = time.monotonic() - begin
    each = ", ".join(f"{part} {clock(seconds)}" for part, seconds in result["part_seconds"].items())
    print(f"This took {clock(result['seconds'])} minutes" + (f": {each}" if each else ""))
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
