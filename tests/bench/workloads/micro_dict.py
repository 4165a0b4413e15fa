# SPDX-License-Identifier: Apache-2.0
"""a dict of ten items, dropped at once"""
from itertools import repeat

TEN = dict.fromkeys(range(10))


def turn():
    copy = TEN.copy
    for _ in repeat(None, 20_000):
        copy()
