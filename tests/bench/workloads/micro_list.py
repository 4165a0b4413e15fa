# SPDX-License-Identifier: Apache-2.0
"""a list of ten items, dropped at once"""
from itertools import repeat

TEN = tuple(range(10))


def turn():
    for _ in repeat(None, 30_000):
        list(TEN)
