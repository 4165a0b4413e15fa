# SPDX-License-Identifier: Apache-2.0
"""Callbacks that are registered and never removed, with what they close over."""
HANDLERS = []


def step(number):
    total = number * 1.5
    HANDLERS.append(lambda order=f"order {number:0400}": (order, total))  # leaks
