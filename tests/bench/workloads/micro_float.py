# SPDX-License-Identifier: Apache-2.0
"""floats, a thousand held at a time: more than their free list has"""


def turn():
    for _ in range(100):
        [index + 0.5 for index in range(1000)]
