# SPDX-License-Identifier: Apache-2.0
"""Whether what mode sampled says of its errors is true: scripts/test --estimates [RUNS], or TMBPF_ESTIMATES_RUNS. Each
run attaches to a fresh estimates_target.py, which works for SECONDS at a budget of BUDGET percent and then knows what
each of its lines keeps. Prints for each line how often the stated interval held the truth, and how far off it was. A
line that was not found at all has no error stated, and counts as one that did not hold."""
import dataclasses
import json
import os
import re
import statistics
import sys
import time

from support import DONE, CommandLineTest, Target, main, remove_stale, run_tmbpf, supported_pythons

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "estimates_target.py")
RUNS = int(os.environ.get("TMBPF_ESTIMATES_RUNS", 200))
FILE = os.environ.get("TMBPF_ESTIMATES_FILE", "")  # where each run's numbers are written to, a line of JSON each
SECONDS = 5  # of work
BUDGET = 5  # percent: some 30 windows in that time
WARM_ROUNDS = 500  # before the attach: full free lists, quickened code
CHECKED_ROUNDS = 2345  # under tracemalloc
CONFIDENCE = 0.95
RAW = re.compile("blob$")  # markers of lines whose blocks pymalloc does not serve
ROW = "{:20}{:>10}{:>12}{:>13}{:>12}{:>12}{:>13}{:>15}"


@dataclasses.dataclass(frozen=True)
class Number:
    """An estimate, its stated error and the truth."""
    found: float
    error: float
    truth: float

    @property
    def holds(self) -> bool:
        return abs(self.found - self.truth) <= self.error


@dataclasses.dataclass(frozen=True)
class Line:
    blocks: Number
    bytes: Number


def markers() -> dict:
    """What the lines of the target are called, by number."""
    with open(TARGET, encoding="utf-8") as file:
        lines = [(number, re.search(r"return .*# (.*)$", line)) for number, line in enumerate(file, 1)]
    return {number: match[1] for number, match in lines if match}


class EstimatesTest(CommandLineTest):
    def estimates_target(self, *words) -> Target:
        target = Target(supported_pythons()[0], program=(*words, TARGET))
        self.addCleanup(target.close)
        return target

    def test_the_program_knows_what_it_keeps(self) -> None:
        """It says what tracemalloc says, line by line."""
        target = self.estimates_target("-X", "tracemalloc=1")
        truth, traced = json.loads(target.ask(f"trace {CHECKED_ROUNDS}"))
        self.assertEqual(truth, traced)
        self.assertTrue(all(blocks and size for _, blocks, size in truth))

    def test_stated_errors_hold_the_truth(self) -> None:
        begin = time.monotonic()
        runs = []
        for number in range(1, RUNS + 1):
            lines, windows = self.run_once()
            runs.append(lines)
            held = sum(line.bytes.holds + line.blocks.holds for line in lines.values() if line.bytes.truth)
            print(f"run {number} of {RUNS}, {time.monotonic() - begin:.0f} s: {windows} windows, {held} of "
                  f"{2 * sum(line.bytes.truth > 0 for line in lines.values())} hold", file=sys.stderr, flush=True)
        small, raw = self.report(runs)
        for share in small + raw:
            self.assertGreaterEqual(share, CONFIDENCE)

    def run_once(self) -> "tuple[dict, int]":
        """Each line's numbers, by marker, and how many windows there were."""
        target = self.estimates_target()
        target.ask(f"rounds {WARM_ROUNDS}")
        target.ask("drop")
        try:
            self.assertEqual(run_tmbpf("start", "--pid", target.pid, "--mode", "sampled", "--max-slowdown", BUDGET,
                                       "--frames", "1").status, DONE)
            truth = {line: (blocks, size) for line, blocks, size in json.loads(target.ask(f"work {SECONDS}"))[0]}
            found = self.found(target)
            status = self.status(target.pid)["sampling"]
            self.assertEqual(status["failure"], "")
        finally:
            run_tmbpf("stop", "--pid", target.pid)
            target.close()
            remove_stale(target.pid)
        lines = {}
        for line, marker in markers().items():
            blocks, size = truth.get(line, (0, 0))
            statistic = found.get(line, {"count": 0, "size": 0})
            lines[marker] = Line(Number(statistic["count"], statistic.get("count_error", 0), blocks),
                                 Number(statistic["size"], statistic.get("size_error", 0), size))
        if FILE:
            with open(FILE, "a", encoding="utf-8") as file:
                print(json.dumps([{marker: dataclasses.asdict(line) for marker, line in lines.items()}, status]),
                      file=file)
        return lines, status["windows"]

    def found(self, target) -> dict:
        """What tmbpf says of the target's lines. It is idle meanwhile."""
        path = os.path.join(self.directory, "estimates.json")
        result = run_tmbpf("snapshot", "--pid", target.pid, "--output", path)
        self.assertEqual(result.status, DONE, result.err)
        result = run_tmbpf("stats", "--json", "--limit", 1000, path)
        self.assertEqual(result.status, DONE, result.err)
        found = {}
        for statistic in json.loads(result.out)["statistics"]:
            file, line = statistic["traceback"][0]
            if file == TARGET:
                found[line] = statistic
        return found

    def report(self, runs: list) -> tuple:
        """Prints the table; the shares of bytes and of blocks that hold the truth, of small lines and of raw ones."""
        print(f"\n== {len(runs)} runs of {SECONDS} s, --max-slowdown {BUDGET}, {supported_pythons()[0]}",
              file=sys.stderr)
        self.print_row("line", "share", "bytes held", "blocks held", "mean error", "rms error", "mean stated", "median stated")
        kept = [marker for marker, line in runs[0].items() if line.bytes.truth]
        all_of = statistics.mean(sum(line.bytes.truth for line in run.values()) for run in runs)
        for marker in kept:
            self.print_line(marker, [run[marker] for run in runs], all_of)
        for marker in (marker for marker in runs[0] if marker not in kept):
            mean = statistics.mean(run[marker].bytes.found for run in runs)
            self.print_row(marker, f"{mean / all_of:.3%}", *[""] * 6)
        shares = []
        for what, raw in (("pymalloc", False), ("raw domain", True)):
            lines = [run[marker] for run in runs for marker in kept if bool(RAW.search(marker)) == raw]
            shares.append((statistics.mean(line.bytes.holds for line in lines),
                           statistics.mean(line.blocks.holds for line in lines)))
            print(f"{what}: of {len(lines)} lines in runs the stated error holds the truth in {shares[-1][0]:.2%} "
                  f"(bytes), {shares[-1][1]:.2%} (blocks)", file=sys.stderr)
        return tuple(shares)

    def print_line(self, marker: str, lines: list, all_of: float) -> None:
        numbers = [line.bytes for line in lines]
        stated = [number.error / number.truth for number in numbers]
        errors = [number.found / number.truth - 1 for number in numbers]
        self.print_row(marker, f"{statistics.mean(number.truth for number in numbers) / all_of:.2%}",
                       f"{sum(line.bytes.holds for line in lines)}", f"{sum(line.blocks.holds for line in lines)}",
                       f"{statistics.mean(errors):+.1%}",
                       f"{statistics.mean(error * error for error in errors) ** 0.5:.1%}",
                       f"{statistics.mean(stated):.1%}", f"{statistics.median(stated):.1%}")

    @staticmethod
    def print_row(*texts: str) -> None:
        print(ROW.format(*texts), file=sys.stderr)


if __name__ == "__main__":
    main()
