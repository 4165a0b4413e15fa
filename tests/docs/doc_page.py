# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/from-tracemalloc.md."""
import dataclasses
import os
import re
import shlex

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(ROOT, "docs", "from-tracemalloc.md")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A row of a table: the cells below "Then", "Now" (or "On a process"), "Remark" and "Tests"."""
    then: str
    now: str
    remark: str
    tests: str

    @property
    def commands(self) -> list:
        """As lists of words, without "tmbpf"."""
        return [shlex.split(span)[1:] for span in spans(self.now) if span.startswith("tmbpf ")]

    @property
    def test_names(self) -> list:
        return spans(self.tests)

    @property
    def missing(self) -> bool:
        return self.now == "missing"

    @property
    def cplusplus_names(self) -> list:
        texts = [self.now.removeprefix("C++:")] if self.now.startswith("C++:") else []
        texts += [text.split(".")[0] for text in self.remark.split("C++:")[1:]]
        return [span for text in texts for span in spans(text)]


def spans(text: str) -> list:
    """What stands between backquotes."""
    return re.findall(r"`([^`]+)`", text)


def rows() -> list:
    """The cells of each row of each table, with its head."""
    result = []
    head = None
    with open(PAGE, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("|"):
                head = None
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if head is None:
                head = cells
            elif not set("".join(cells)) <= set("- "):
                result.append((head, cells))
    return result


def entries() -> list:
    """About snapshots."""
    return [Entry(*cells) for head, cells in rows() if head == ["Then", "Now", "Remark", "Tests"]]


def live_entries() -> list:
    """About processes."""
    return [Entry(*cells) for head, cells in rows() if head == ["Then", "On a process", "Remark", "Tests"]]


def cpython_cases() -> dict:
    """Class.test_name -> our tests."""
    return {spans(cells[0])[0]: spans(cells[1]) for head, cells in rows() if head == ["CPython's", "Tests"]}


def commands(of_entries: "list | None" = None) -> list:
    """Each once; those of entries() unless others are given."""
    return [list(words) for words in dict.fromkeys(
        tuple(words) for entry in of_entries or entries() for words in entry.commands)]


def sources(folder: str, *endings: str) -> list:
    """Paths of files below a folder of the repository."""
    return sorted(os.path.join(place, name) for place, _, names in os.walk(os.path.join(ROOT, folder))
                  for name in names if name.endswith(endings))


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
