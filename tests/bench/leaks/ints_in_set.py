# SPDX-License-Identifier: Apache-2.0
"""Numbers of what has been seen, in a set."""
SEEN = set()
AT_ONCE = 20
FIRST = 1_000_000


def step(number):
    SEEN.update(range(FIRST + number * AT_ONCE, FIRST + (number + 1) * AT_ONCE))  # leaks
