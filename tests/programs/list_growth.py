# SPDX-License-Identifier: Apache-2.0
"""Lists that grow by realloc, in place and by moving, and shrink again."""


def grow(size: int) -> list:
    items = []
    for number in range(size):
        items.append(number)
    return items


def run() -> object:
    lists = [grow(size) for size in range(1, 500, 3)]
    side_by_side = [[] for _ in range(120)]
    for number in range(150):
        for one in side_by_side:
            one.append(number)
    long = grow(60000)
    del long[20000:]
    extended = []
    for number in range(200):
        extended.extend(range(number))
    extended[100:5000] = []
    for one in lists[::3]:
        while len(one) > 3:
            one.pop()
    inserted = []
    for number in range(700):
        inserted.insert(0, number + 70000)
    return lists, side_by_side, long, extended, inserted, long * 2, sorted(long, reverse=True)
