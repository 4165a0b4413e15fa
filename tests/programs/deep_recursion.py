# SPDX-License-Identifier: Apache-2.0
"""Allocations at every depth of several hundred frames, of one and of two mutual functions."""

DEPTH = 700


def dive(depth: int, kept: list) -> None:
    kept.append("depth %d" % depth)
    if depth:
        dive(depth - 1, kept)
    kept.append([depth, depth])


def ping(depth: int, kept: list) -> None:
    if depth:
        kept.append(bytes(depth % 600))
        pong(depth - 1, kept)


def pong(depth: int, kept: list) -> None:
    if depth:
        kept.append({depth: str(depth + 1000)})
        ping(depth - 1, kept)


def through_c(depth: int) -> list:
    """Recursion that passes through C code (map) at each level."""
    if depth == 0:
        return [bytes(40)]
    return [bytes(depth), *map(through_c, [depth - 1])]


def run() -> object:
    kept = []
    for _ in range(12):
        dive(DEPTH, kept)
        ping(DEPTH, kept)
    return kept, [through_c(150) for _ in range(8)]
