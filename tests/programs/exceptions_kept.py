# SPDX-License-Identifier: Apache-2.0
"""Exceptions kept with tracebacks, frames, causes and notes; groups; errors of built-ins."""
import sys

HAS_NOTES_AND_GROUPS = sys.version_info >= (3, 11)


class Refused(Exception):
    def __init__(self, number: int) -> None:
        super().__init__("refused %d" % number)
        self.number = number


def fail(number: int, depth: int) -> int:
    local = "local %d" % number
    if depth:
        return fail(number, depth - 1) + len(local)
    raise Refused(number)


def chained(number: int) -> None:
    try:
        fail(number, number % 7)
    except Refused as error:
        raise ValueError(number) from error


def run() -> object:
    kept = []
    for number in range(700):
        try:
            chained(number)
        except ValueError as error:
            if HAS_NOTES_AND_GROUPS:
                error.add_note("note %d" % number)
            kept.append(error)
    built_in = []
    for number in range(600):
        try:
            {}[number + 5000]
        except KeyError as error:
            built_in.append(error.with_traceback(None))
        try:
            int("x%d" % number)
        except ValueError as error:
            built_in.append(error)
    groups = []
    if HAS_NOTES_AND_GROUPS:
        groups = [ExceptionGroup("several", kept[index:index + 5]) for index in range(0, 100, 5)]
    for number in range(2000):
        try:
            fail(number, 2)
        except Refused:
            pass
    return kept, built_in, groups
