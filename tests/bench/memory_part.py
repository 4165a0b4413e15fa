# SPDX-License-Identifier: Apache-2.0
"""What tracing the standard library's tests takes: in the target, in tmbpf, in the kernel."""
from configuration import TRACEMALLOC, UNTRACED, with_frames
from goal import Goal
from memory_cost import MemoryCost
from part import Bench
from report import print_table
from spread import Spread

TRACER_GOAL = 15  # percent over the untraced target, tracer and kernel
TARGET_GOAL = 1  # percent that the target itself may grow by: a page here and there is noise
MIB = 1 << 20
PARTS = ("target", "tracer", "kernel")


def measure(bench: Bench) -> None:
    """Prints what it measured and adds it to the result."""
    python, depths = bench.program_python(), bench.extent.memory_depths
    traced = [TRACEMALLOC[depth] for depth in depths]
    traced += [with_frames(mode, depth) for mode in bench.modes if mode != "auto" for depth in depths]
    cost = MemoryCost(bench.tmbpf, python, [UNTRACED, *traced], bench.extent.quick)
    cost.measure(bench.extent.memory_rounds)
    print(f"== Memory, on {bench.name_of(python)}\n")
    print_memory(cost)
    bench.result["memory"] = {"python": bench.name_of(python), "samples": cost.samples}
    bench.result["goals"] += goals(cost, bench)


def print_memory(cost: MemoryCost) -> None:
    print(f"{cost.tests} of the standard library's tests, each time in a process of its own. MiB at the peak of each "
          "part:\nmedian (lowest..highest); target: resident; tracer: tmbpf's process; kernel: its maps; more: all of "
          "them,\nover the untraced target\n")
    rows = []
    for configuration in cost.configurations:
        parts = [cost.part(configuration.name, part) for part in PARTS]
        rows.append((configuration.name, *(scaled(part).text(1) if part.high else "-" for part in parts),
                     "-" if configuration == UNTRACED else f"{cost.more(configuration.name).median:+.1f} %",
                     f"{cost.part(configuration.name, 'cpu').median:.1f} s"))
    print_table(("MiB", *PARTS, "more", "target's CPU"), rows)


def scaled(part: Spread) -> Spread:
    return Spread(part.median / MIB, part.low / MIB, part.high / MIB)


def goals(cost: MemoryCost, bench: Bench) -> list:
    found = []
    for mode in ("exact", "live", "sampled"):
        names = [each.name for each in cost.configurations if each.mode == mode]
        tracer = f"{mode}: tracer and kernel over the target's own memory"
        target = f"{mode}: growth of the target itself"
        if not names:
            without = bench.unmeasured(mode)
            found += [Goal(tracer, None, TRACER_GOAL, " %", without=without)]
            continue
        worst = max(names, key=lambda name: cost.more(name, ("tracer", "kernel")).median)
        grown = max(names, key=lambda name: cost.more(name, ("target",)).median)
        found += [Goal(f"{tracer} ({worst})", cost.more(worst, ("tracer", "kernel")), TRACER_GOAL, " %", digits=1),
                  Goal(f"{target} ({grown})", cost.more(grown, ("target",)), TARGET_GOAL, " %", digits=1)]
    return found
