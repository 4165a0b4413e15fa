# SPDX-License-Identifier: Apache-2.0
"""Workloads under each tracer, and those of a Python that has memray beside it."""
import functools
import subprocess

import columns
from bench_target import BenchFailed, inside
from extent import Extent
from part import Bench
from python_root import default_folder, finished_roots, interpreter_paths
from workload_cost import WorkloadCost
from workload_report import as_json, goals, print_costs

IMPORT_SECONDS = 60
MEMRAY_PART = "memray"


def plan(extent: Extent, modes: tuple) -> list:
    steps = [step for name in extent.workloads
             for step in columns.plan("workloads", name, columns.columns_of(name, extent, modes))]
    return steps + [step for name in extent.memray_workloads
                    for step in columns.plan(MEMRAY_PART, name, columns.memray_columns(extent, modes))]


def measure(bench: Bench) -> None:
    python = bench.program_python()
    wanted = {name: columns.columns_of(name, bench.extent, bench.modes) for name in bench.extent.workloads}
    costs = measure_each(bench, "workloads", python, wanted)
    print(f"== Workloads on {bench.name_of(python)}\n")
    print_costs(costs, [column for each in wanted.values() for column in each])
    bench.result["workloads"] = {"python": bench.name_of(python), "costs": as_json(costs)}
    bench.result["goals"] += goals(costs, bench)
    if bench.extent.memray_workloads:
        measure_memray(bench)
    else:
        print("memray: left out, for no Python here has it (`scripts/targets trixie` makes one that does)\n")


def measure_memray(bench: Bench) -> None:
    """In a Python that has memray, beside what it is compared with there."""
    python = find_memray(bench.program_python())
    wanted = {name: columns.memray_columns(bench.extent, bench.modes) for name in bench.extent.memray_workloads}
    costs = measure_each(bench, MEMRAY_PART, python, wanted)
    print(f"== Beside memray, on {bench.name_of(python)}\n")
    print_costs(costs, [column for each in wanted.values() for column in each])
    bench.result["memray"] = {"python": bench.name_of(python), "costs": as_json(costs)}


def measure_each(bench: Bench, part: str, python: str, wanted: dict) -> list:
    """`wanted`: the columns of each workload."""
    costs = []
    for workload, its_columns in wanted.items():
        if not imports(python, "workloads." + workload):
            print(f"{workload}: left out, {python} has not what it needs (scripts/setup)")
            bench.progress.left_out(part, workload)
            continue
        cost = WorkloadCost(bench.tmbpf, python, workload, its_columns)
        cost.measure(functools.partial(bench.progress.doing, part, workload))
        costs.append(cost)
    if not costs:
        raise BenchFailed(f"{python}: none of the workloads can run")
    return costs


def imports(python: str, module: str) -> bool:
    command = inside(python, lambda folder: ["-s", "-B", "-W", "ignore", "-c",
                                             f"import sys; sys.path.insert(0, {folder!r}); import {module}"])
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=IMPORT_SECONDS, check=False)
    return done.returncode == 0


def find_memray(python: str) -> str:
    """"" without one."""
    paths = [python, *(path for root in finished_roots(default_folder()) for path in interpreter_paths(root))]
    return next((path for path in paths if imports(path, "memray")), "")
