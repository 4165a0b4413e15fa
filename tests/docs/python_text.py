# SPDX-License-Identifier: Apache-2.0
"""A view of snapshots as text and as JSON, of what Python's tracemalloc computes."""
import argparse
import tracemalloc

import python_view
from python_view import Row, View

WORDS = {"lineno": "line", "filename": "file", "traceback": "traceback"}


def format_size(size: float, sign: bool = False) -> str:
    return tracemalloc._format_size(size, sign)  # pylint: disable=protected-access


def json_of(folder: str, options: argparse.Namespace) -> list:
    """The statistics of each line."""
    result = []
    for view, old in python_view.open_views(folder, options):
        shown = python_view.rows(view, old, options)
        result.append([json_row(row, old is not None) for row in shown[:options.limit or None]])
    return result


def json_row(row: Row, compared: bool) -> dict:
    result = {"traceback": [list(frame) for frame in row.frames], "size": row.size, "count": row.count}
    return {**result, "size_diff": row.size_diff, "count_diff": row.count_diff} if compared else result


def text_of(folder: str, options: argparse.Namespace) -> str:
    """Without colors."""
    pairs = python_view.open_views(folder, options)
    pids = {view.facts["pid"] for view, _ in pairs if view.facts}
    tops = [Top(view, old, options, len(pairs) > 1, len(pids) > 1).lines() for view, old in pairs]
    if len(pairs) > 1:
        tops.append([f"{len(pairs)} snapshots"])
    return "\n".join("".join(line + "\n" for line in top) for top in tops)


class Top:
    """Of one file."""

    def __init__(self, view: View, old: "View | None", options: argparse.Namespace, several: bool, pids: bool):
        self.view = view
        self.old = old
        self.options = options
        self.name = view.name + (f" [pid {view.facts['pid']}]" if pids else "")
        time = view.facts.get("timestamp", "")
        if not time or several or old is not None:
            time += " " * bool(time) + self.name
        self.title = time

    def lines(self) -> list:
        rows = python_view.rows(self.view, self.old, self.options)
        shown = rows[:self.options.limit or None]
        rest = rows[len(shown):]
        total = Row((), *self.view.sums, *(now - before for now, before in
                                           zip(self.view.sums, self.old.sums if self.old else (0, 0))))
        lines = [self.head(len(shown))]
        for number, row in enumerate(shown, 1):
            lines += [f"#{number}: {self.place(row)}: {self.numbers(row)}", *self.traceback(row)]
        if rest:
            sums = [sum(column) for column in zip(*((row.size, row.count, row.size_diff, row.count_diff)
                                                    for row in rest))]
            lines.append(f"{len(rest):,} more: {self.numbers(Row((), *sums))}")
        lines.append(f"Total Python memory: {self.numbers(total, average=False)}")
        if "metrics" not in self.options.hide:
            lines += self.metrics()
        if any(self.view.hidden):
            lines.append(f"Hidden by filters: size={format_size(self.view.hidden[0])}, count={self.view.hidden[1]}")
        return lines

    def head(self, count: int) -> str:
        cumulative = " (cumulative)" if self.options.cumulative else ""
        compared = f" (compared to {self.old.name})" if self.old else ""
        return f"{self.title}: Top {count} allocations per {WORDS[self.options.group_by]}{cumulative}{compared}"

    def place(self, row: Row) -> str:
        """The most recent frame."""
        name, line = row.frames[-1]
        parts = name.strip("/").split("/")
        if 0 < self.options.filename_parts < len(parts):
            name = "/".join(["...", *parts[-self.options.filename_parts:]])
        return name if self.options.group_by == "filename" else f"{name}:{line}"

    def traceback(self, row: Row) -> list:
        if self.options.group_by != "traceback":
            return []
        traceback = tracemalloc.Traceback(tuple(reversed(row.frames)))
        return ["  " + line for line in traceback.format(most_recent_first=True)]

    def numbers(self, row: Row, average: bool = True) -> str:
        texts = {"size": (format_size(row.size), format_size(row.size_diff, True)),
                 "count": (str(row.count), f"{row.count_diff:+}")}
        parts = [f"{name}={text}{f' ({change})' if self.old else ''}" for name, (text, change) in texts.items()
                 if name not in self.options.hide]
        if average and row.count > 1 and "average" not in self.options.hide:
            parts.append(f"average={format_size(row.average)}")
        return ", ".join(parts)

    def metrics(self) -> list:
        """Process memory and user data of pytracemalloc 0.9."""
        def change(now: int, before: int) -> str:
            return f" ({format_size(now - before, True)})" if self.old else ""
        if not self.view.facts:
            return []
        facts, old = self.view.facts, (self.old or self.view).facts
        memory = facts["process_memory"]
        lines = [f"Total process memory: {format_size(memory)}{change(memory, old['process_memory'])}"]
        for (title, form, value), (_, _, before) in zip(facts["user_data"], old["user_data"]):
            lines.append(f"{title}: " + (format_size(value) + change(value, before) if form == "size"
                                         else str(value)))
        return lines
