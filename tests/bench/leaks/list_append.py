# SPDX-License-Identifier: Apache-2.0
"""Measurements in a list that is never emptied: tuples and floats, which also come from free lists."""
SAMPLES = []


def step(number):
    SAMPLES.append((number * 0.5, f"sensor {number}"))  # leaks
