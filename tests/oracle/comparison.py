# SPDX-License-Identifier: Apache-2.0
"""What two runs of one program have in common, per traceback and per line.

Two runs are equal when they are the same multiset of (size, traceback, total_nframe): hence the same
bytes and blocks on every line. There is no tolerance, but for threads (case.THREAD_TOLERANCE).
"""
from collections import Counter


def line_of(traceback: tuple) -> str:
    filename, lineno = traceback[0]
    return f"{'/'.join(filename.split('/')[-2:])}:{lineno}"


def signed_difference(left: Counter, right: Counter) -> dict:
    """key -> left - right, without zeros."""
    keys = left.keys() | right.keys()
    return {key: left[key] - right[key] for key in keys if left[key] != right[key]}


def per_line(blocks: Counter) -> dict:
    """(filename, lineno) -> (bytes, blocks)."""
    lines: dict = {}
    for (size, traceback, _), count in blocks.items():
        old = lines.get(traceback[0], (0, 0))
        lines[traceback[0]] = (old[0] + size * count, old[1] + count)
    return lines


def totals(blocks: Counter) -> tuple:
    """(bytes, blocks)."""
    return sum(key[0] * count for key, count in blocks.items()), sum(blocks.values())


def moved(left: Counter, right: Counter) -> tuple:
    """(bytes, blocks) of `left` that `right` gives to other tracebacks."""
    return totals(left - right)


def differing_shares(left: Counter, right: Counter) -> tuple:
    """The shares of bytes and of blocks that stand on another line, as parts of `right`."""
    left_lines, right_lines = per_line(left), per_line(right)
    shares = []
    for index, total in enumerate(totals(right)):
        apart = sum(abs(left_lines.get(line, (0, 0))[index] - right_lines.get(line, (0, 0))[index])
                    for line in left_lines.keys() | right_lines.keys())
        shares.append(apart / total if total else float(apart > 0))
    return tuple(shares)


def explain_differences(left: Counter, right: Counter, names: tuple) -> list:
    """Sentences: each line whose bytes or blocks differ; else the tracebacks that do."""
    left_lines, right_lines = per_line(left), per_line(right)
    texts = []
    for line in sorted(left_lines.keys() | right_lines.keys()):
        ours, theirs = left_lines.get(line, (0, 0)), right_lines.get(line, (0, 0))
        if ours != theirs:
            texts.append(f"{line_of((line,))}: {names[0]} {ours[0]} B in {ours[1]} blocks, "
                         f"{names[1]} {theirs[0]} B in {theirs[1]} blocks")
    if texts:
        return texts
    for (size, traceback, nframe), count in sorted(signed_difference(left, right).items()):
        chain = " < ".join(line_of((frame,)) for frame in traceback[:6])
        texts.append(f"{count:+d} x {size} B in {names[0]} at {chain} ({len(traceback)} frames "
                     f"kept of {nframe})")
    return texts
