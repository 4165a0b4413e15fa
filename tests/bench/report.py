# SPDX-License-Identifier: Apache-2.0
"""The tables that a person reads."""
from configuration import BARE
from goal import sum_of
from kill_cost import LIMIT_SECONDS
from pair_cost import CONFIGURATIONS, RATIOS, PairCost
from program_time import TRACED, ProgramTime
from session_cost import SNAPSHOT_SUFFIXES
from spread import Spread
from table import print_table
from target import CASES
from view_time import FRAMES, SHOWN, SUFFIXES, VIEWS, View, ViewTime

KIB = 1 << 10
MIB = 1 << 20
# Column to ViewTime.ratio's name and digits.
VIEW_RATIOS = {"time ratio": ("seconds", 1), "of load and view": ("steps", 1), "of CPU time": ("cpu", 1),
               "memory ratio": ("peak", 3)}


def print_times(pairs: PairCost, programs: "ProgramTime | None") -> None:
    print("Nanoseconds of CPU per turn of the loop: median of the rounds")
    rows = []
    for case, (_, description) in CASES.items():
        traps = f"{programs.traps(case):.1f}" if programs else "-"
        times = [f"{pairs.time(case, each).median:.0f}" for each in CONFIGURATIONS]
        rows.append((description, traps, *times))
    print_table(("one turn", "probe hits", *(each.name for each in CONFIGURATIONS)), rows)


def print_ratios(pairs: PairCost) -> None:
    print("Ratios of what each adds to an untraced turn: median (lowest..highest round)")
    rows = []
    for case, (_, description) in CASES.items():
        ratios = [pairs.ratio(case, *each) for each in RATIOS]
        rows.append((description, *(ratio.text(2) if ratio else "-" for ratio in ratios)))
    heads = [f"{each.name} / {base.short}" for each, base in RATIOS]
    print_table(("one turn", *heads), rows)


def print_shares(pairs: PairCost, programs: ProgramTime) -> None:
    print(f"Where the time of {TRACED.name} goes: nanoseconds per turn; the rest: caches, noise")
    rows = []
    for case, (_, description) in CASES.items():
        added, floor, inside = pairs.cost(case, TRACED), pairs.cost(case, BARE), programs.inside(case)
        shares = [f"{part:.0f} = {part / added:.0%}" for part in (floor, inside, added - floor - inside)]
        rows.append((description, f"{added:.0f}", f"{floor / max(programs.traps(case), 1e-9):.0f}", *shares))
    print_table(("one turn", "added", "per hit", "kernel's traps", "our programs", "rest"), rows)


def print_programs(programs: ProgramTime) -> None:
    print("Runs per turn x nanoseconds per run, as the kernel's statistics have them (an empty program: "
          f"{programs.empty_program(next(iter(CASES))):.0f}, their own cost)")
    traced = programs.programs[TRACED.name]
    names = sorted({name for case in traced.values() for name in case})
    rows = [(description, *(f"{traced[case][name]['runs']:.2f} x {traced[case][name]['ns']:.0f}"
                            if name in traced[case] else "-" for name in names))
            for case, (_, description) in CASES.items()]
    print_table(("one turn", *names), rows)


def print_sessions(first: dict, cycles: dict) -> None:
    print("Attaching and detaching, seconds of wall time: median (lowest..highest)")
    rows = [("tmbpf --once until the first row", first["first_numbers"].text(2)),
            ("attach_seconds of status --json", f"{first['attach_seconds']:.3f}"),
            (f"tmbpf start, {cycles['cycles']} cycles", cycles["start"].text(3)),
            (f"tmbpf stop, {cycles['cycles']} cycles", cycles["stop"].text(3))]
    print_table(("", "seconds"), rows)


def print_snapshots(held: dict) -> None:
    print(f"A snapshot of {held['traces']:,} live blocks while the target runs "
          f"(allocating them took {held['filling_seconds']:.1f} s of its CPU)")
    print_table(("", "seconds", "file"),
                [(suffix, held["seconds"][suffix].text(2), f"{held['file_bytes'][suffix] / KIB:.0f} KiB")
                 for suffix in SNAPSHOT_SUFFIXES])
    stops = held["stops"]
    print("The longest gap in the target's loop but for what it waited for a CPU, ms: "
          f"{stops['snapshots'].text(1)} during a snapshot,\n{stops['none'].text(1)} as long without one "
          "(tracing goes on in both)\n")
    rows = []
    for what, key in (("maps in the kernel", "kernel_memory"), ("maps and process", "tracer_memory")):
        memory = held["memory"][key]
        rows.append((what, *(f"{memory[when] / MIB:.0f} MiB" for when in ("empty", "filled", "after")),
                     f"{memory['filled'] / held['traces']:.0f} B",
                     f"{(memory['filled'] - memory['empty']) / held['traces']:.0f} B"))
    print_table(("tracer's memory", "no block yet", "with them", "after snapshots", "per block",
                 "of it growth"), rows)


def print_kills(kills: dict) -> None:
    print("tmbpf killed (SIGKILL): seconds until the target runs at its untraced speed again; "
          f"{LIMIT_SECONDS}: not even then")
    print_table(("mode", "seconds"), [(mode, seconds.text(3)) for mode, seconds in kills.items()])


def print_losses(pairs: PairCost, programs: "ProgramTime | None", held: dict) -> None:
    lines = [f"{name}: {lost} lost events in the pairs" for name, lost in pairs.lost.items()]
    if programs and programs.missed:
        lines.append(f"{programs.missed} hits on which the kernel did not run the program")
    if held["lost"]:
        lines.append(f"{held['lost']} lost events with {held['traces']:,} blocks")
    for line in lines or ["No event was lost."]:
        print(line)
    print()


def print_views(views: ViewTime) -> None:
    print(f"{views.traces:,} traces of {FRAMES} frames, {SHOWN} statistics printed and found equal.\n"
          "Seconds of wall time and peak memory of the whole process: median (lowest..highest round);\n"
          "ratios: Python's time / ours, our memory / Python's")
    rows = []
    for view in VIEWS:
        peer = views.peer[view.name]
        rows.append((f"Python: {view.name}", *(rounds_of(peer, key).text(2) for key in ("seconds", "steps")),
                     f"{rounds_of(peer, 'peak').median / MIB:.0f} MiB", *("-" for _ in VIEW_RATIOS)))
        rows += [view_row(views, view, suffix) for suffix in SUFFIXES]
    print_table(("", "seconds", "load and view", "memory", *VIEW_RATIOS), rows)
    sizes, conversions = Spread.of(views.file_ratios), Spread.of(views.convert_seconds)
    print(f"{SUFFIXES[0]} / .pickle: {sizes.text(3)} of the size; "
          f"tmbpf convert from one to the other took {conversions.text(1, ' s')}.\n")


def view_row(views: ViewTime, view: View, suffix: str) -> tuple:
    ours = views.ours[view.name][suffix]
    ratios = (views.ratio(view, suffix, what).text(digits) for what, digits in VIEW_RATIOS.values())
    return (f"  tmbpf, {suffix}", rounds_of(ours, "seconds").text(2), "-",
            f"{rounds_of(ours, 'peak').median / MIB:.0f} MiB", *ratios)


def rounds_of(rounds: list, key: str) -> Spread:
    return Spread.of([one[key] for one in rounds])


def print_goals(goals: list) -> None:
    print("Goals")
    print_table(("", "measured", "goal", ""),
                [(goal.name, goal.text, goal.wanted, goal.verdict) for goal in goals])
    print(sum_of(goals))
