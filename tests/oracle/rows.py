# SPDX-License-Identifier: Apache-2.0
"""The rows of the table of supported Pythons: what is installed, and what is in each root."""
import dataclasses
import os
import sys

from interpreters import NotStarted, NotSupported, build_name, find_interpreters, start
from python_root import (EMBEDDING, default_folder, demands, finished_roots, interpreter_paths, is_finished,
                         split_path)

INSTALLED = "installed"


@dataclasses.dataclass(frozen=True)
class Missing:
    """An interpreter that a root must have, and that cannot be tested."""
    version: str
    build: str
    why: str

    def describe(self) -> str:
        return f"CPython {self.version or '3'} ({self.build}): {self.why}"


def missing(path: str, why: str) -> Missing:
    root, inner = split_path(path)
    name = os.path.basename(inner)
    return Missing(name[name.find("3."):] if "3." in name else "",
                   build_name(root, inner, name.startswith(os.path.basename(EMBEDDING))), why)


def start_in_root(root: str, demanded: list) -> tuple:
    """(interpreters, missing): all that is in the root, and what must be there."""
    if not is_finished(root):
        return [], [missing(path, f"{root} is not there or half-made: run scripts/targets")
                    for path in demanded or [f"{root}//"]]
    found, absent = [], []
    for path in sorted({*interpreter_paths(root), *demanded}):
        try:
            found.append(start(path))
        except NotStarted as failure:
            absent.append(missing(path, str(failure)))
        except NotSupported as failure:
            if path in demanded:
                absent.append(missing(path, str(failure)))
    if not found and not absent:
        absent.append(missing(f"{root}//", "no supported Python is in it"))
    return sorted(found, key=lambda one: (one.version, one.path)), absent


def find_rows(chosen: list, folder: str) -> tuple:
    """(interpreters, missing) of some rows of the table of supported Pythons: "installed", names of
    roots in the folder (scripts/targets), or "all". An installed candidate that does not run is left
    out; in a root it is missing, and so is what scripts/targets would have put there."""
    found, absent = [], []
    if {"all", INSTALLED} & set(chosen):
        found = find_interpreters()
        absent = [] if found else [Missing("", INSTALLED, "no supported Python: run scripts/setup")]
    demanded = demands()
    names = {name for name in chosen if name not in ("all", INSTALLED)}
    if "all" in chosen:
        names |= {os.path.basename(root) for root in finished_roots(folder)}
        names |= {name for name, demand in demanded.items()
                  if not demand.droppable or os.path.exists(os.path.join(folder, name))}
    for name in sorted(names):
        root = os.path.join(folder, name)
        there, not_there = start_in_root(root, demanded[name].paths(root) if name in demanded else [])
        found += there
        absent += not_there
    return found, absent


def test_rows() -> list:
    """What the environment chooses: TMBPF_TEST_ROWS (words), by default what is installed."""
    found, absent = find_rows(os.environ.get("TMBPF_TEST_ROWS", INSTALLED).split(), default_folder())
    assert not absent, "\n".join(["missing; scripts/test --targets makes them", *(each.describe() for each in absent)])
    return found


def main() -> int:
    found, absent = find_rows(["all"], default_folder())
    for each in found:
        print(each.describe())
    for each in absent:
        print("missing: " + each.describe())
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
