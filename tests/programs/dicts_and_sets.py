# SPDX-License-Identifier: Apache-2.0
"""Dicts and sets that grow by steps, shrink, are copied, merged and emptied."""


def grow(size: int) -> dict:
    table = {}
    for number in range(size):
        table[number * 37] = number + 1000
    return table


def run() -> object:
    tables = [grow(size) for size in range(0, 400, 7)]
    big = grow(9000)
    for number in range(0, 4000):
        del big[number * 37]
    copy = dict(big)
    copy.update(("key %d" % number, number) for number in range(1500))
    merged = {**copy, "x": 1}
    sets = []
    for size in range(0, 600, 11):
        one = set()
        for number in range(size):
            one.add(number * 1009)
        sets.append(one)
    frozen = [frozenset(one) for one in sets]
    for one in sets[::2]:
        one.clear()
    counted = {}
    for number in range(8000):
        counted.setdefault(number % 500, []).append(number)
    return tables, big, copy, merged, sets, frozen, counted, {**tables[9]}
