# SPDX-License-Identifier: Apache-2.0
"""Workloads under each tracer, and those of a Python that has memray beside it."""
import subprocess

from bench_target import BIND, HERE, BenchFailed
from configuration import MEMRAY, MEMRAY_BLOCKS, TRACEMALLOC, with_frames
from part import Bench
from python_root import command_in, default_folder, finished_roots, interpreter_paths, split_path
from workload_cost import WorkloadCost
from workload_report import as_json, goals, print_costs

IMPORT_SECONDS = 60
DEFAULT_FRAMES = 10


def measure(bench: Bench) -> None:
    extent = bench.extent
    python = bench.program_python()
    workloads = [name for name in bench.options.workload or extent.workloads if can_run(python, name)]
    configurations = extent.configurations(bench.modes)
    costs = measure_each(bench, python, workloads, configurations)
    print(f"== Workloads on {bench.name_of(python)}\n")
    print_costs(costs, configurations)
    bench.result["workloads"] = {"python": bench.name_of(python), "costs": as_json(costs)}
    bench.result["goals"] += goals(costs, bench)
    measure_memray(bench, python)


def measure_memray(bench: Bench, python: str) -> None:
    """In a Python that has memray, beside what it is compared with there."""
    found = find_memray(python)
    if not found:
        print("memray: left out, for no Python here has it (`scripts/targets trixie` makes one that does)\n")
        return
    fit = [name for name in bench.options.workload or bench.extent.memray_workloads if can_run(found, name)]
    modes = [with_frames(mode, DEFAULT_FRAMES) for mode in bench.modes if mode != "auto"]
    configurations = [MEMRAY, MEMRAY_BLOCKS, TRACEMALLOC[1], *modes]
    costs = measure_each(bench, found, fit, configurations)
    print(f"== Beside memray, on {bench.name_of(found)}\n")
    print_costs(costs, configurations)
    bench.result["memray"] = {"python": bench.name_of(found), "costs": as_json(costs)}


def measure_each(bench: Bench, python: str, workloads: list, configurations: list) -> list:
    extent, costs = bench.extent, []
    for workload in workloads:
        cost = WorkloadCost(bench.tmbpf, python, workload, configurations)
        cost.measure(extent.workload_rounds, extent.workload_seconds, extent.steady_seconds)
        costs.append(cost)
    if not costs:
        raise BenchFailed(f"{python}: none of the workloads can run")
    return costs


def imports(python: str, module: str) -> bool:
    root, path = split_path(python)
    code = f"import sys; sys.path.insert(0, {(f'/mnt/{BIND}' if root else HERE)!r}); import {module}"
    command = [path, "-s", "-B", "-W", "ignore", "-c", code]
    done = subprocess.run(command_in(root, {HERE: BIND}, command) if root else command, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=IMPORT_SECONDS, check=False)
    return done.returncode == 0


def can_run(python: str, workload: str) -> bool:
    can = imports(python, "workloads." + workload)
    if not can:
        print(f"{workload}: left out, {python} has not what it needs (scripts/setup)")
    return can


def find_memray(python: str) -> str:
    """"" without one."""
    paths = [python, *(path for root in finished_roots(default_folder()) for path in interpreter_paths(root))]
    return next((path for path in paths if imports(path, "memray")), "")
