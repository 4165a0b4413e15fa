# SPDX-License-Identifier: Apache-2.0
"""Generators that are begun and never finished, with what they hold."""
PENDING = []


def read_pages(number):
    page = [f"line {number + line} of the page" for line in range(20)]  # leaks
    yield page[0]
    yield page[-1]


def step(number):
    pages = read_pages(number)
    next(pages)
    PENDING.append(pages)
