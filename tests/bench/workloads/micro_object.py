# SPDX-License-Identifier: Apache-2.0
"""object(), dropped at once"""
from itertools import repeat


def turn():
    for _ in repeat(None, 50_000):
        object()
