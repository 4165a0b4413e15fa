# SPDX-License-Identifier: Apache-2.0
"""Errors kept for a report, and with their tracebacks the frames and locals."""
FAILURES = []


def charge(number):
    card = number % 1000
    raise ValueError(f"order {number}: card {card} refused {'.' * 2000}")  # leaks


def step(number):
    try:
        charge(number)
    except ValueError as error:
        FAILURES.append(error)
