# SPDX-License-Identifier: Apache-2.0
"""Half an hour of `tmbpf start` on a web shop under load: scripts/test --soak [MINUTES], or TMBPF_SOAK_MINUTES.
TMBPF_SOAK_MODE is another mode than auto; with TMBPF_SOAK_ONCE the shop compiles its templates once, not for each
visitor. Prints its figures; how fast is no matter of passing."""
import dataclasses
import json
import os
import statistics
import sys
import time

from code_differences import code_differences
from course import Course, cpu_seconds, own_bytes, resident_bytes
from shop_under_load import ShopUnderLoad, python_with_flask
from support import DONE, CommandLineTest, is_locked, main, remove_stale, run_tmbpf, wait_until

SECONDS = 60 * float(os.environ.get("TMBPF_SOAK_MINUTES", 30))
MODE = os.environ.get("TMBPF_SOAK_MODE", "auto")
SHOP = ("--once",) if os.environ.get("TMBPF_SOAK_ONCE") else ()
WARM = min(300, SECONDS / 6) / SECONDS  # share of the time, after which memory counts
UNTRACED_SECONDS = min(60, SECONDS / 6)  # before and after
LOOK = min(5, SECONDS / 60)  # seconds between two looks at the session
SNAPSHOT = min(60, SECONDS / 10)
FLAT = 0.05
KEEPS_NO_BUDGET = ("exact", "live")  # at this load none would let them go on
UNKNOWN = "unknown"
MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Look:
    at: float
    answers: int
    resident: int
    own: int
    kernel: int
    lost: int


def size(number: float) -> str:
    return f"{number / MIB:.1f} MiB"


def course_text(course: Course) -> str:
    return (f"{size(course.begin)} warm, {size(course.end)} at the end ({course.growth:+.1%}), "
            f"{size(course.most)} at most")


class SoakTest(CommandLineTest):
    def test_a_service_is_traced_for_long(self) -> None:
        python = python_with_flask()
        with ShopUnderLoad(python, *SHOP) as shop:
            self.addCleanup(remove_stale, shop.pid)
            shop.rate(UNTRACED_SECONDS / 6)  # until it has warmed up
            rates = {"untraced before": shop.rate(UNTRACED_SECONDS)}
            budget = ("--max-slowdown", "none") if MODE in KEEPS_NO_BUDGET else ()
            self.start_session(shop.pid, "--mode", MODE, *budget)
            session, begin = self.session_pid(shop.pid), time.monotonic()
            looks, snapshots = self.watch(shop, session)
            cpu = cpu_seconds(session) / (time.monotonic() - begin)
            rates["traced"] = (looks[-1].answers - looks[0].answers) / (looks[-1].at - looks[0].at)
            status = self.status(shop.pid)
            self.assertEqual(status["state"], "running")
            self.stop(shop)
            rates["untraced after"] = shop.rate(UNTRACED_SECONDS)
            told, target = shop.told, resident_bytes(shop.pid)
        resident = Course.of([look.resident for look in looks], WARM)
        self.print_rates(python, rates, looks, told)
        self.print_session(status, looks, snapshots, cpu, target)
        self.assertGreater(rates["untraced after"], 0)
        self.assertEqual(told["errors"], 0, told["last_error"])
        self.assert_losses_are_counted(status)
        self.assertLess(resident.growth, FLAT, "tmbpf's memory grows")

    def watch(self, shop: ShopUnderLoad, session: int) -> tuple:
        """What each look saw, and the seconds that each snapshot took."""
        begin = time.monotonic()
        looks, snapshots = [], []
        while (now := time.monotonic() - begin) < SECONDS:
            looks.append(self.look(shop, session, now))
            if now >= SNAPSHOT * (len(snapshots) + 1):
                snapshots.append(self.write_snapshot(shop))
            time.sleep(max(0.0, begin + LOOK * len(looks) - time.monotonic()))
        return looks, snapshots

    def look(self, shop: ShopUnderLoad, session: int, now: float) -> Look:
        self.assertEqual(self.session_pid(shop.pid), session)
        result = run_tmbpf("status", "--pid", shop.pid, "--json")
        self.assertEqual(result.status, DONE, result.err)
        status = json.loads(result.out)
        self.assertEqual(status["state"], "running")
        look = Look(now, shop.told["answers"], resident_bytes(session), own_bytes(session),
                    status.get("kernel_memory", 0), status.get("lost", 0))
        print(f"{now:.0f} s: {look.answers} answers, tmbpf {size(look.resident)}, kernel {size(look.kernel)}, "
              f"lost {look.lost}, {status.get('method', status['mode'])}", file=sys.stderr, flush=True)
        return look

    def write_snapshot(self, shop: ShopUnderLoad) -> float:
        """Over the last one; it can be read and is not empty."""
        path = os.path.join(self.directory, "soak.pb.gz")
        begin = time.monotonic()
        result = run_tmbpf("snapshot", "--pid", shop.pid, "--output", path)
        seconds = time.monotonic() - begin
        self.assertEqual(result.status, DONE, result.err)
        result = run_tmbpf("stats", "--limit", 1, path)
        self.assertEqual(result.status, DONE, result.err)
        self.assertIn("#1: ", result.out)
        return seconds

    def stop(self, shop: ShopUnderLoad) -> None:
        result = run_tmbpf("stop", "--pid", shop.pid)
        self.assertEqual(result.status, DONE, result.err)
        self.assertEqual(code_differences(shop.pid), 0)
        self.assertFalse(is_locked(shop.pid))
        answers = shop.told["answers"]
        wait_until(lambda: shop.told["answers"] > answers, "the shop goes on answering")

    def assert_losses_are_counted(self, status: dict) -> None:
        """The sum is that of its causes, each of which is said in words; and as long as all allocations are traced, no
        block is in the heap that neither a trace nor a loss knows."""
        losses = status["losses"]
        self.assertEqual(status["lost"], sum(loss["count"] for loss in losses.values()))
        for key, loss in losses.items():
            self.assertTrue(loss["what"], key)
        if MODE in KEEPS_NO_BUDGET:
            causes = status.get("missing_causes", {})
            self.assertNotIn("not_seen", causes)

    def print_rates(self, python: str, rates: dict, looks: list, told: dict) -> None:
        untraced = statistics.mean((rates["untraced before"], rates["untraced after"]))
        print(f"\n== {SECONDS / 60:g} minutes, --mode {MODE}, {python}, shop.py {' '.join(SHOP)}", file=sys.stderr)
        for name, rate in rates.items():
            self.print_row(f"answers a second, {name}", f"{rate:.0f}, {rate / untraced:.3f} of untraced")
        parts = [(later.answers - sooner.answers) / (later.at - sooner.at) for sooner, later in zip(looks, looks[1:])]
        self.print_row("between two looks", f"{min(parts):.0f}..{max(parts):.0f}")
        self.print_row("answers, errors, longest", f"{told['answers']}, {told['errors']}, {told['longest']:.2f} s")

    def print_session(self, status: dict, looks: list, snapshots: list, cpu: float, target: int) -> None:
        for name in ("resident", "own", "kernel"):
            course = Course.of([getattr(look, name) for look in looks], WARM)
            self.print_row(f"tmbpf's memory, {name}", course_text(course))
        self.print_row("the app's memory", size(target))
        self.print_row("tmbpf's CPU time", f"{cpu:.1%} of one CPU")
        self.print_row("snapshots", f"{len(snapshots)}, {statistics.median(snapshots):.2f} s, "
                       f"{max(snapshots):.2f} s at most")
        self.print_row("mode, method, slowdown", ", ".join(str(status.get(key, UNKNOWN))
                                                           for key in ("mode", "method", "slowdown")))
        for step in status.get("steps", ()):
            self.print_row("  step", ", ".join(f"{key} {value}" for key, value in step.items()))
        self.print_row("coverage, missing blocks", f"{status.get('coverage', UNKNOWN)}, "
                       f"{status.get('missing_blocks', UNKNOWN)}")
        self.print_row("lost events", status["lost"])
        for key, loss in status["losses"].items():
            self.print_row(f"  {key}", f"{loss['count']}: {loss['what']}")

    @staticmethod
    def print_row(name: str, text: object) -> None:
        print(f"{name:34}{text}", file=sys.stderr)


if __name__ == "__main__":
    main()
