# SPDX-License-Identifier: Apache-2.0
"""What a snapshot says about its process, against what the process says about itself. Which interpreters:
see python_target.py."""
import contextlib
import json
import os
import re

from python_target import PythonTarget, interpreters_to_test
from support import CommandLineTest, main, wait_until

NEAR = 150  # blocks and objects that asking may make or free


def kernel_bytes(pid: int, file: str, field: str) -> int:
    with open(f"/proc/{pid}/{file}", encoding="utf-8") as text:
        return int(re.search(rf"(?m)^{field}:\s+(\d+) kB$", text.read())[1]) << 10


def heap_facts(text: str) -> tuple:
    """(bytes of arenas, bytes in them that are free) of sys._debugmallocstats()."""
    def number(pattern: str) -> int:
        return int(re.search(rf"{pattern} += +([\d,]+)", text)[1].replace(",", ""))
    return (number(r"\d+ arenas \* \d+ bytes/arena"),
            number("# bytes in available blocks") + number(r"\d+ unused pools \* \d+ bytes"))


class MetricsTest(CommandLineTest):
    def told(self) -> dict:
        with open(os.path.join(self.directory, "facts.json"), encoding="utf-8") as file:
            return json.load(file)

    def assert_equal_facts(self, tmbpf: dict, facts: dict, python) -> None:
        count = [tmbpf[f"gc.count.{i}"] for i in range(3)]
        self.assertEqual(count[1:], facts["count"][1:])
        self.assertAlmostEqual(count[0], facts["count"][0], delta=NEAR)
        if python.version < (3, 15):
            self.assertEqual([tmbpf[f"gc.collections.{i}"] for i in range(3)], facts["collections"])
        else:
            self.assertNotIn("gc.collections.0", tmbpf)
        if python.version >= (3, 12) or "allocated_blocks" in tmbpf:
            self.assertAlmostEqual(tmbpf["allocated_blocks"], facts["blocks"], delta=NEAR)
        arenas, free = heap_facts(facts["heap"])
        self.assertEqual(tmbpf["arena_bytes"], arenas)
        self.assertAlmostEqual(tmbpf["fragmentation"], free / arenas, delta=0.005)

    def check(self, python) -> None:
        with contextlib.closing(PythonTarget(python, "metrics_target.py", (self.folder(python),),
                                             self.directory)) as target:
            self.start_session(target.pid)
            for command in ("fill", "tell"):
                target.do(command)
                shared = [kernel_bytes(target.pid, "smaps_rollup", "Pss")]
                tmbpf = self.snapshot(target.pid).tmbpf
                shared.append(kernel_bytes(target.pid, "smaps_rollup", "Pss"))
                self.assert_equal_facts(tmbpf, self.told(), python)
                self.assertEqual(tmbpf["vm_size"], kernel_bytes(target.pid, "status", "VmSize"))
                # Others that run the same interpreter come and go.
                self.assertGreater(tmbpf["pss"], min(shared) - (1 << 20))
                self.assertLess(tmbpf["pss"], max(shared) + (1 << 20))
                self.assertGreater(tmbpf["tracer_memory"], 0)

    def folder(self, python) -> str:
        return "/mnt/shared" if python.root else self.directory

    def test_interned_strings_are_counted(self) -> None:
        for python in interpreters_to_test():
            with self.subTest(python.describe()), contextlib.closing(
                    PythonTarget(python, "metrics_target.py", (self.folder(python),), self.directory)) as target:
                self.start_session(target.pid, "--min-size", "1M")  # filters leave the heap's numbers alone
                target.do("tell")
                before = self.snapshot(target.pid).tmbpf["interned_strings"]
                target.do("intern")
                self.assertEqual(self.snapshot(target.pid).tmbpf["interned_strings"], before + 1000)
                self.assertGreater(before, 500)

    def test_they_are_what_the_process_says(self) -> None:
        for python in interpreters_to_test():
            with self.subTest(python.describe()):
                self.check(python)

    def test_a_process_that_has_ended_has_none(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(100, 100)
        self.assertIn("gc.count.0", self.snapshot(target.pid).tmbpf)
        target.end()
        wait_until(lambda: not self.status(target.pid)["tracing"], "its end is noticed", 5)
        tmbpf = self.snapshot(target.pid).tmbpf
        for key in ("rss", "pss", "vm_size", "gc.count.0", "allocated_blocks", "arena_bytes", "fragmentation",
                    "interned_strings"):
            self.assertNotIn(key, tmbpf)
        self.assertEqual(tmbpf["state"], "ended")


if __name__ == "__main__":
    main()
