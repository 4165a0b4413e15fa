# SPDX-License-Identifier: Apache-2.0
"""The per-address test of the live tests, run on one interpreter."""
import dataclasses
import json
import os
import subprocess

from interpreters import Interpreter

PER_ADDRESS_SECONDS = 900


@dataclasses.dataclass
class HeapCheck:
    """The per-address test of one interpreter: sums over its runs."""
    attributed: int = 0
    missing: int = 0
    extra: int = 0
    problem: str = ""

    @property
    def coverage(self) -> float:
        known = self.attributed + self.missing
        return self.attributed / known if known else 0.0


def check_heap(python: Interpreter, live_tests: str, folder: str) -> HeapCheck:
    report = os.path.join(folder, "per_address.json")
    if os.path.exists(report):
        os.unlink(report)
    command = [live_tests, "--gtest_filter=*PerAddress*", f"--gtest_output=json:{report}", "--gtest_brief=1"]
    try:
        done = subprocess.run(command, env={**os.environ, "TMBPF_TEST_PYTHONS": python.name, "TMBPF_RUNS": "20"},
                              capture_output=True, text=True, timeout=PER_ADDRESS_SECONDS, check=False)
        with open(report, encoding="utf-8") as file:
            (suite,) = json.load(file)["testsuites"]
        (test,) = suite["testsuite"]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return HeapCheck(problem=f"the per-address test gave no report: {error}")
    check = HeapCheck(*(int(test.get(key, 0)) for key in ("attributed", "missing", "extra")))
    if done.returncode != 0 or not check.attributed:
        check.problem = "the per-address test failed:\n" + done.stdout.strip()[-3000:]
    return check
