# SPDX-License-Identifier: Apache-2.0
"""Programs that leak, each from one line, which ends in the comment "leaks"; ../leak_target.py runs one of them.

A leak has step(number): leaks once; the same number leaks the same bytes. What it allocates beside that and drops
is churn(number), its own or, without one, churn.serve. Nothing else grows. Python 3.8 and newer.
"""
import importlib
import os
import re

NAMES = ("dict_cache", "list_append", "closures", "exceptions", "threads", "c_buffers", "generators", "class_registry",
         "slow_leak", "ints_in_set", "bytes_buffers", "module_reload")
MARK = re.compile(r"  # leaks$")


def load(name):
    return importlib.import_module("leaks." + name)


def leaking_line(name):
    """(file, line number). It is in the file that the program names, when it names one."""
    file = getattr(load(name), "LEAKING_FILE", load(name).__file__)
    with open(file, encoding="utf-8") as lines:
        marked = [number for number, line in enumerate(lines, 1) if MARK.search(line.rstrip())]
    if len(marked) != 1:
        raise ValueError(f"{os.path.basename(file)}: {len(marked)} lines end in the mark")
    return file, marked[0]
