# SPDX-License-Identifier: Apache-2.0
"""modules of the standard library's own tests (Debian: libpython3.11-testsuite)"""
import contextlib
import io
import sys
import unittest

# Quick ones that start no processes or threads, ask nothing of the system and can run again in one process.
MODULES = ("test_bisect", "test_copy", "test_defaultdict", "test_fnmatch", "test_fractions", "test_ipaddress",
           "test_optparse", "test_string", "test_textwrap", "test_userdict")
# Likewise, with longer ones, and few that start a process: what ../memory_cost.py runs once.
MORE_MODULES = (*MODULES, "test_argparse", "test_calendar", "test_configparser", "test_csv", "test_dataclasses",
                "test_difflib", "test_enum", "test_functools", "test_heapq", "test_json", "test_list",
                "test_operator", "test_ordered_dict", "test_re", "test_typing")
# A few of them, for when it has to be over soon.
FEW_MODULES = ("test_configparser", "test_copy", "test_enum", "test_typing")


def load(names):
    return [unittest.defaultTestLoader.loadTestsFromName("test." + name) for name in names]


load(MODULES)  # ImportError where they are not


def run(names):
    """The number of tests that ran; RuntimeError when one fails."""
    runner = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0)
    with contextlib.redirect_stdout(io.StringIO()):
        ran = [runner.run(suite) for suite in load(names)]
    failed = [str(test) for one in ran for test, _ in one.failures + one.errors]
    if failed:
        raise RuntimeError("tests fail: " + ", ".join(failed[:5]))
    return sum(one.testsRun for one in ran)


def turn():
    run(MODULES)


if __name__ == "__main__":
    print(run(sys.argv[1:] or MORE_MODULES))
