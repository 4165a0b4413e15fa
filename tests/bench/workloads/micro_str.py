# SPDX-License-Identifier: Apache-2.0
"""str(1234567), dropped at once"""
from itertools import repeat


def turn():
    number = 1234567
    for _ in repeat(None, 20_000):
        str(number)
