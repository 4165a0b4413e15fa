# SPDX-License-Identifier: Apache-2.0
"""How a figure went over a long time, and the figures of a process that the long tests follow."""
import dataclasses
import os
import re
import statistics

FEWEST = 3  # looks that a middle is taken of


@dataclasses.dataclass(frozen=True)
class Course:
    """Without the warming up: the middles of the first and of the last tenth, for single looks fall into the writing
    of a file."""
    begin: float
    end: float
    most: float

    @classmethod
    def of(cls, values: list, warming: float) -> "Course":
        """`warming`: the share of the looks, at equal distances, after which it is warm."""
        values = values[int(len(values) * warming):]
        tenth = max(FEWEST, len(values) // 10)
        return cls(statistics.median(values[:tenth]), statistics.median(values[-tenth:]), max(values))

    @property
    def growth(self) -> float:
        return self.end / self.begin - 1


def own_bytes(pid: int) -> int:
    """Memory that is the process's own: no file's pages."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return 1024 * sum(map(int, re.findall(r"^(?:Private_Dirty|Swap): +(\d+) kB", file.read(), re.MULTILINE)))


def anonymous_bytes(pid: int) -> int:
    """No file's pages, whether others have them, too, or not."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return 1024 * int(re.search(r"^Anonymous: +(\d+) kB", file.read(), re.MULTILINE)[1])


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        ticks = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
